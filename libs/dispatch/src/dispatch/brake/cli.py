"""`python -m dispatch_sms stop`: a stop with the database alone. There is no lift: that is a person's act, with a
token."""

import sys
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import typer
from chassis.cli import print_line, run_command
from chassis.clock import Clock
from chassis.db.database import Database
from dispatch.brake.stops import StopConfirmation, Stops
from dispatch.settings import DispatchSettings
from dispatch.wakeups import Wakeups


def run_or_stop(main: Callable[[], None], settings: type[DispatchSettings]) -> None:
    """The service, or the command that the arguments name."""
    if len(sys.argv) == 1:
        main()
        return
    cli = typer.Typer(add_completion=False, no_args_is_help=True, help="Runs without arguments; or stops sending.")

    @cli.callback()
    def dispatcher() -> None:
        """Have `stop` be named even as the only command."""

    @cli.command()
    def stop(
        reason: Annotated[str, typer.Option(help="Why; kept and shown")],
        campaign: Annotated[UUID | None, typer.Option(help="Only this campaign; otherwise all sending")] = None,
        by: Annotated[str, typer.Option(help="Who stops it")] = "operator",
    ) -> None:
        """Stop all sending of this dispatcher, or one campaign's, and print what holds. Exits 1 if not confirmed."""

        async def act() -> StopConfirmation:
            read = settings()
            database = Database(read.database_url)
            try:
                stops = Stops(database, Clock(read.clock_start), Wakeups())
                return await stops.operator(campaign, stopped=True, reason=reason, by=by)
            finally:
                await database.close()

        done = run_command(act)
        print_line({"stopped": done.stopped, "confirmed": done.confirmed})
        raise typer.Exit(0 if done.confirmed else 1)

    cli()
