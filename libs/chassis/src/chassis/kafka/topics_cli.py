"""`muster topics audit <service>`: whether a service's versions are those that its topics show.

A service that has versions names its audit by an entry point of the group `muster.audits`; it runs in that service's
own environment.
"""

from importlib.metadata import entry_points
from typing import Annotated

import typer
from chassis.cli import print_line, run_command

cli = typer.Typer(no_args_is_help=True, help="Compare topics with a database.")


@cli.callback()
def _group() -> None:
    """Keeps `audit` a sub-command although there is only one."""


@cli.command()
def audit(
    service: Annotated[str, typer.Argument(help="Whose versions")],
    mend: Annotated[bool, typer.Option("--mend", help="Go on above the topic's highest versions")] = False,
    withdraw_unknown: Annotated[
        bool,
        typer.Option("--withdraw-unknown", help="With --mend: erase members that the database lost everywhere"),
    ] = False,
) -> None:
    """One line of JSON a kind of difference. Ends with 1 while one is left."""
    found = {entry.name: entry for entry in entry_points(group="muster.audits")}
    if service not in found:
        raise typer.BadParameter(f"one of {', '.join(sorted(found))}", param_hint="service")
    run = found[service].load()
    lines = run_command(lambda: run(mend=mend, withdraw_unknown=withdraw_unknown))
    for line in lines:
        print_line(line)
    if any(line["mended"] < len(line["members"]) for line in lines):
        raise typer.Exit(1)
