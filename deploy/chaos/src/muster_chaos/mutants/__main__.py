"""`make chaos-mutants`."""

from muster_chaos.mutants.runner import cli

cli()
