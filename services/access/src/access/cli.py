"""Offline commands: the first client, and the signing keys."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import orjson
import typer
from access.domain.clients import SCOPES, Client, ClientId
from access.service.clients import Clients
from access.service.signing_keys import SigningKeys
from access.settings import Settings
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import MusterError
from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")
cli = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Clients and signing keys in the database of access."
)
client = typer.Typer(no_args_is_help=True, help="Systems that may ask for tokens.")
key = typer.Typer(no_args_is_help=True, help="Keys that sign tokens.")
cli.add_typer(client, name="client")
cli.add_typer(key, name="key")


@client.command("create")
def create_client(
    client_id: Annotated[str, typer.Option("--id", help="Lower-case letters, digits, . _ -")],
    scopes: Annotated[str, typer.Option(help="Separated by blanks, or `all`")],
    branch: Annotated[str | None, typer.Option(help="Limit it to this branch's members")] = None,
    secret: Annotated[
        str | None, typer.Option(envvar="CLIENT_SECRET", help="At least 32 characters; random without it")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the client of this id")] = False,
) -> None:
    """Create a client and print it with its secret as one line of JSON."""
    wanted = SCOPES.keys() if scopes.strip() == "all" else frozenset(scopes.split())
    name = _client_id(client_id)
    made, shown = _run(
        lambda settings, database, clock: Clients(database, clock).create(
            name, wanted, branch, secret=secret, replace=replace
        )
    )
    line = {"client_id": made.client_id, "client_secret": shown, "scopes": made.scopes, "branch": made.branch}
    typer.echo(orjson.dumps(line).decode())


def _page_after(last: str) -> list[Client]:
    return _run(lambda settings, database, clock: Clients(database, clock).page(last, 500))


@client.command("list")
def list_clients() -> None:
    """Print one line of JSON a client."""
    last = ""
    while page := _page_after(last):
        for each in page:
            line = {"client_id": each.client_id, "scopes": each.scopes, "branch": each.branch}
            typer.echo(orjson.dumps(line).decode())
        last = page[-1].client_id


@client.command("revoke")
def revoke_client(client_id: Annotated[str, typer.Option("--id")]) -> None:
    """No more tokens for this client."""
    _run(lambda settings, database, clock: Clients(database, clock).remove(client_id))


@key.command("rotate")
def rotate_key(
    now: Annotated[bool, typer.Option("--now", help="Sign with it at once: every issued token becomes void")] = False,
) -> None:
    """Make a new signing key and print its id."""
    typer.echo(_run(lambda settings, database, clock: SigningKeys(database, settings, clock).rotate(at_once=now)))


def _client_id(text: str) -> str:
    try:
        return TypeAdapter[str](ClientId).validate_python(text)
    except ValidationError:
        raise typer.BadParameter("lower-case letters, digits, . _ -", param_hint="--id") from None


def _run(action: Callable[[Settings, Database, Clock], Awaitable[T]]) -> T:
    async def run() -> T:
        settings = Settings()
        database = Database(settings.database_url)
        try:
            return await action(settings, database, Clock(settings.clock_start, settings.time_zone))
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except MusterError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
