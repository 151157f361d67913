"""`make demo`: 27,000 members, or as many as MUSTER_DEMO_MEMBERS says."""

import time
from pathlib import Path

import typer
from local_stack.cli import JARS, until_stopped
from local_stack.processes import Failed
from muster_demo import report
from muster_demo.run import fresh_stack, run
from rich.console import Console

cli = typer.Typer(add_completion=False)


@cli.command()
def demo(
    members: int = typer.Option(27_000, envvar="MUSTER_DEMO_MEMBERS", min=300, help="People on the roll"),
    root: Path = typer.Option(Path(".muster/demo"), help="Where data, journal and logs of this run go"),
) -> None:
    """Run the main job from an empty union to a counted poll, judge it, and report."""
    until_stopped(_demo(members, root))


async def _demo(members: int, root: Path) -> None:
    console, since = Console(highlight=False), time.monotonic()
    console.print("starting Apache Kafka, PostgreSQL and the services", style="dim")
    async with fresh_stack(root, JARS).running() as stack:
        outcome = await run(stack, members, console, since)
    report.show(console, outcome.figures, outcome.verdict.sentences())
    console.print(f"\nThe same figures: {root.parent / 'demo.json'}. Logs: {stack.logs}.", style="dim")
    if not outcome.figures["holds"]:
        raise Failed("the demo does not hold: see above")


cli()
