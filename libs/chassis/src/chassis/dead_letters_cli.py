"""`muster dead-letters list | show | replay <service>`: with the service's DATABASE_URL and broker."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import orjson
import typer
from chassis.cli import print_line, run_command
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Refused
from chassis.kafka.producer import connection
from chassis.kafka.topics import BrokerSettings
from chassis.masking import masked, masked_key
from chassis.replays import State
from chassis.review import Listed, Review
from contracts.topics import SERVICES

cli = typer.Typer(no_args_is_help=True, help="Records that a service could not use.")
_WARNING = "These bytes may be personal data: keep them off tickets, logs and screens that others see."


class _Place(BrokerSettings):
    database_url: str


def _a_service(name: str) -> str:
    if name not in SERVICES:
        raise typer.BadParameter(f"one of {', '.join(SERVICES)}")
    return name


Service = Annotated[str, typer.Argument(callback=_a_service, help="Whose; the environment is that service's")]
LetterId = Annotated[str, typer.Argument(help="As `list` names it: topic/partition/offset")]


@asynccontextmanager
async def _reviewing(service: str) -> AsyncIterator[Review]:
    place = _Place()
    database = Database(place.database_url, pool_size=1)
    try:
        yield Review(service, database, connection(place), prefix=place.topic_prefix, clock=Clock())
    finally:
        await database.close()


@cli.command("list")
def list_letters(service: Service) -> None:
    """One line of JSON a letter, the oldest first; no values of any record."""

    async def run() -> list[Listed]:
        async with _reviewing(service) as review:
            return await review.all()

    for listed in run_command(run):
        print_line(_line(listed))


@cli.command()
def show(
    service: Service,
    letter: LetterId,
    in_full: Annotated[bool, typer.Option("--bytes", help="The record's own bytes and headers, unmasked")] = False,
) -> None:
    """One letter with the shape of its record; the values only with --bytes."""

    async def run() -> dict[str, Any]:
        async with _reviewing(service) as review:
            listed = await review.one(letter)
            if not listed.readable and not in_full:
                return _line(listed)
            record = await review.record(listed)
        value = record.value or b""
        headers = [
            [name, said.decode(errors="replace") if in_full else f"({len(said)} bytes)"]
            for name, said in record.headers
        ]
        shown = {"record": value.decode(errors="replace") if in_full else masked(value), "headers": headers}
        return _line(listed) | ({"key": (record.key or b"").decode(errors="replace")} if in_full else {}) | shown

    found = run_command(run)
    if in_full:
        typer.echo(_WARNING, err=True)
    typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


@cli.command()
def replay(
    service: Service,
    letters: Annotated[list[str], typer.Argument(help="As `list` names them")],
    by: Annotated[str, typer.Option(envvar="MUSTER_OPERATOR", help="Who asks; it is kept with the letter")],
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the running service")] = 30.0,
) -> None:
    """Have the running service handle them again, it alone. Ends with 1 unless every one of them was."""

    async def run() -> list[dict[str, Any]]:
        async with _reviewing(service) as review:
            refused = {letter: why for letter in letters if (why := await _asked(review, letter, by))}
            ended = await _ended(review, [letter for letter in letters if letter not in refused], wait)
        return [*({"letter": letter, "state": "not asked", "why": why} for letter, why in refused.items()), *ended]

    outcomes = run_command(run)
    for outcome in outcomes:
        print_line(outcome)
    if any(outcome["state"] != State.DONE for outcome in outcomes):
        raise typer.Exit(1)


async def _asked(review: Review, letter: str, by: str) -> str:
    """Why it could not be asked for, or nothing."""
    try:
        await review.ask(letter, by)
    except Refused as error:
        return error.detail
    return ""


async def _ended(review: Review, letters: list[str], wait: float) -> list[dict[str, Any]]:
    deadline = time.monotonic() + wait
    while True:
        found = await review.outcomes(letters)
        if all(row.state != State.WAITING for row in found.values()) or time.monotonic() > deadline:
            return [{"letter": letter, **_mark(found[letter])} for letter in letters]
        await asyncio.sleep(0.2)


def _line(listed: Listed) -> dict[str, Any]:
    letter = listed.letter
    return {
        "letter": letter.id,
        "subscription": letter.subscription,
        "error": letter.error,
        "attempts": letter.attempts,
        "buried_at": letter.buried_at.isoformat(),
        "key": masked_key(letter.key),
        "bytes": len(letter.value),
        "readable": listed.readable,
        "replay": _mark(listed.replay) if listed.replay is not None else None,
    }


def _mark(row: Any) -> dict[str, Any]:
    ended = row.ended_at.isoformat() if row.ended_at else None
    return {
        "state": row.state,
        "why": row.why,
        "by": row.asked_by,
        "asked_at": row.asked_at.isoformat(),
        "ended_at": ended,
    }
