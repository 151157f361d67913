"""`muster topics audit | accept-rebuilt <service>`, in that service's own environment.

`audit`: whether a service's versions are those that its topics show. A service that has versions names its audit by an
entry point of the group `muster.audits`.
`accept-rebuilt`: the broker was rebuilt, and the service's stored positions are of logs that are gone. What the service
keeps on compacted topics is published again.
"""

from importlib.metadata import entry_points
from typing import Annotated

import typer
from chassis.cli import a_service, print_line, run_command
from chassis.db.database import command_database
from chassis.kafka.positions import Accepted
from chassis.kafka.republication import Republished
from chassis.kafka.republication import accept as accept_and_republish
from pydantic_settings import BaseSettings

cli = typer.Typer(no_args_is_help=True, help="Compare topics with a database, and accept rebuilt ones.")


class _Place(BaseSettings):
    database_url: str


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


@cli.command("accept-rebuilt")
def accept(
    service: Annotated[str, typer.Argument(callback=a_service, help="Whose; the environment is that service's")],
) -> None:
    """Publish a running service's compacted topics again, and have it read each rebuilt topic from its beginning. One
    line of JSON a topic published, and a group and topic read."""

    async def run() -> list[Republished | Accepted]:
        async with command_database(_Place().database_url) as database:
            return await accept_and_republish(database, service)

    for line in run_command(run):
        print_line(line)
