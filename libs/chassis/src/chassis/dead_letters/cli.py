"""`muster dead-letters list | show | replay <service>`: with the service's DATABASE_URL."""

import asyncio
import time
from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from typing import Annotated

import orjson
import typer
from chassis.cli import a_service, print_line, run_command
from chassis.clock import Clock
from chassis.db.database import Database, command_database
from chassis.dead_letters import sql
from chassis.dead_letters.redaction import masked, masked_key
from chassis.dead_letters.sql import REPLACED, Content, Letter, State
from chassis.errors import NotFound
from pydantic_settings import BaseSettings

cli = typer.Typer(no_args_is_help=True, help="Records that a service could not use.")
_WARNING = "These bytes may be personal data: keep them off tickets, logs and screens that others see."


class _Place(BaseSettings):
    database_url: str


Service = Annotated[str, typer.Argument(callback=a_service, help="Whose; the environment is that service's")]
LetterId = Annotated[str, typer.Argument(help="As `list` names it: topic/partition/offset")]


def _database() -> AbstractAsyncContextManager[Database]:
    return command_database(_Place().database_url)


@cli.command("list")
def list_letters(service: Service) -> None:
    """One line of JSON a letter, the oldest first; no values of any record."""

    async def run() -> list[Letter]:
        async with _database() as database, database.transaction() as session:
            return await sql.listed(session)

    for listed in run_command(run):
        print_line(_line(listed))


@cli.command()
def show(
    service: Service,
    letter: LetterId,
    in_full: Annotated[bool, typer.Option("--bytes", help="The record's own bytes and headers, unmasked")] = False,
) -> None:
    """One letter with the shape of its record; the values only with --bytes."""

    async def run() -> tuple[Letter, Content]:
        async with _database() as database, database.transaction() as session:
            for listed in await sql.listed(session, [letter]):
                return listed, await sql.content(session, letter)
        raise NotFound(f"no dead letter is {letter}")

    listed, record = run_command(run)
    value = record.value or b""
    headers = [
        [name, said.decode(errors="replace") if in_full else f"({len(said)} bytes)"]
        for name, said in record.record().headers
    ]
    shown = _line(listed)
    if in_full:
        typer.echo(_WARNING, err=True)
        shown["key"] = (record.key or b"").decode(errors="replace")
    shown |= {"record": value.decode(errors="replace") if in_full else masked(value), "headers": headers}
    typer.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())


@cli.command()
def replay(
    service: Service,
    by: Annotated[str, typer.Option(envvar="MUSTER_OPERATOR", help="Who asks; it is kept with the letter")],
    letters: Annotated[list[str] | None, typer.Argument(help="As `list` names them")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that may be replayed")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the running service")] = 30.0,
) -> None:
    """Have the running service, and no other, handle them again. Ends with 1 unless it handled every one of them.

    A letter about a member who is erased meanwhile, by a letter of this command or otherwise, is deleted: nothing of it
    is left to handle.
    """
    if bool(letters) is everything:
        raise typer.BadParameter("name letters, or say --all")

    async def run() -> tuple[set[str], dict[str, Letter]]:
        async with _database() as database:
            async with database.transaction() as session:
                asked = await sql.ask(session, None if everything else letters, by, Clock().now())
            await _waited(database, asked, wait)
            async with database.transaction() as session:
                found = await sql.listed(session, asked.union(letters or ()))
        return asked, {listed.letter: listed for listed in found}

    asked, found = run_command(run)
    not_asked = [letter for letter in letters or () if letter not in asked]
    for letter in not_asked:
        print_line({"letter": letter, "state": "not asked", "why": _why_not(letter, found.get(letter))})
    for letter in sorted(asked):
        print_line({"letter": letter} | (asdict(found[letter].replay) if letter in found else {"state": "erased"}))
    if not_asked or any(found[letter].replay.state != State.DONE for letter in asked & found.keys()):
        raise typer.Exit(1)


async def _waited(database: Database, letters: Collection[str], seconds: float) -> None:
    """Until none of them waits any more, for so long at most."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        async with database.transaction() as session:
            if not await sql.count_waiting(session, letters):
                return
        await asyncio.sleep(0.2)


def _why_not(letter: str, listed: Letter | None) -> str:
    if listed is None:
        return f"no dead letter is {letter}"
    replay = listed.replay
    if replay.state == State.REPLACED:
        return REPLACED
    done, at = ("replayed", replay.ended_at) if replay.ended_at else ("asked for", replay.asked_at)
    return f"it was {done} by {replay.by} at {at.isoformat() if at else 'an unknown time'}"


def _line(listed: Letter) -> dict[str, object]:
    replay = None if listed.replay.state == State.KEPT else listed.replay
    return asdict(listed) | {"key": masked_key(listed.key or b""), "replay": replay}
