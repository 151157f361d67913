"""Offline commands: the first client, and the signing keys."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import orjson
import typer
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import MusterError
from members.domain.clients import SCOPES, ClientId
from members.service.tokens import Tokens
from members.settings import Settings
from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")
cli = typer.Typer(add_completion=False, no_args_is_help=True, help="Look after clients and keys in members' database.")
client = typer.Typer(no_args_is_help=True, help="Systems that may ask for tokens.")
key = typer.Typer(no_args_is_help=True, help="Keys that sign tokens.")
cli.add_typer(client, name="client")
cli.add_typer(key, name="key")


@client.command("create")
def create_client(
    client_id: Annotated[str, typer.Option("--id", help="Lower-case letters, digits, . _ -")],
    scopes: Annotated[str, typer.Option(help="Split by blanks, or `all`")],
    branch: Annotated[str | None, typer.Option(help="Limit it to this branch's members")] = None,
    secret: Annotated[
        str | None, typer.Option(envvar="CLIENT_SECRET", help="At least 32 characters; made at random without it")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of a client of this id")] = False,
) -> None:
    """Make a client and print it with its secret as one line of JSON."""
    wanted = SCOPES if scopes.strip() == "all" else frozenset(scopes.split())
    name = _client_id(client_id)
    made, shown = _with_tokens(
        lambda tokens: tokens.create_client(name, wanted, branch, secret=secret, replace=replace)
    )
    line = {"client_id": made.client_id, "client_secret": shown, "scopes": made.scopes, "branch": made.branch}
    typer.echo(orjson.dumps(line).decode())


@client.command("list")
def list_clients() -> None:
    """One line of JSON a client."""
    for each in _with_tokens(lambda tokens: tokens.clients()):
        line = {"client_id": each.client_id, "scopes": each.scopes, "branch": each.branch}
        typer.echo(orjson.dumps(line).decode())


@client.command("revoke")
def revoke_client(client_id: Annotated[str, typer.Option("--id")]) -> None:
    """No more tokens for this client."""
    _with_tokens(lambda tokens: tokens.remove_client(client_id))


@key.command("rotate")
def rotate_key(
    now: Annotated[bool, typer.Option("--now", help="At once: every token out there becomes void")] = False,
) -> None:
    """Make a new signing key and print its id."""
    typer.echo(_with_tokens(lambda tokens: tokens.rotate(at_once=now)))


def _client_id(text: str) -> str:
    try:
        return TypeAdapter[str](ClientId).validate_python(text)
    except ValidationError:
        raise typer.BadParameter("lower-case letters, digits, . _ -", param_hint="--id") from None


def _with_tokens(action: Callable[[Tokens], Awaitable[T]]) -> T:
    async def run() -> T:
        settings = Settings()
        database = Database(settings.database_url)
        try:
            return await action(Tokens(database, settings, Clock(settings.clock_start)))
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except MusterError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
