"""`muster erasure sweep <service>`: with the service's DATABASE_URL and broker."""

from typing import Annotated

import typer
from chassis.cli import print_line, run_command
from chassis.clock import Clock
from chassis.db.database import command_database
from chassis.erasure.residue import ReportLine, residues
from chassis.erasure.sweep import Sweep, Wanted
from chassis.kafka.producer import Broker
from chassis.settings import BrokerSettings

cli = typer.Typer(no_args_is_help=True, help="What is left of erased members.")


class _Place(BrokerSettings):
    service = "topics"
    kafka_bootstrap_servers: str
    database_url: str


@cli.callback()
def _group() -> None:
    """Keeps `sweep` a sub-command although there is only one."""


@cli.command()
def sweep(
    service: Annotated[str, typer.Argument(help="Whose; the environment is that service's")],
    rewrite: Annotated[
        bool,
        typer.Option("--rewrite", help="Rewrite tables and clear the WAL; each table is locked while it is rewritten"),
    ] = False,
    compact: Annotated[
        bool, typer.Option("--compact", help="Have compacted topics cleaned now instead of within a day")
    ] = False,
    cut_replies: Annotated[
        bool,
        typer.Option("--cut-replies", help="Delete replies up to the last one of an erased member, others' with them"),
    ] = False,
    provider: Annotated[
        bool, typer.Option("--provider", help="Have the carrier delete its copies of messages that have ended")
    ] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds of patience with what is still under way")] = 60.0,
) -> None:
    """One line of JSON for each thing looked at. Ends with 1 while something of an erased member is left."""
    found = residues()
    if service not in found:
        raise typer.BadParameter(f"one of {', '.join(sorted(found))}", param_hint="service")
    wanted = Wanted(rewrite=rewrite, compact=compact, cut_replies=cut_replies, provider=provider, wait=wait)

    async def run() -> list[ReportLine]:
        place = _Place()
        lines = []
        async with command_database(place.database_url) as database:
            async for line in Sweep(service, found[service](), database, Broker(place), wanted).run(Clock()):
                print_line(line)
                lines.append(line)
        return lines

    if any(line.left for line in run_command(run)):
        raise typer.Exit(1)
