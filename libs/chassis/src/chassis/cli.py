"""`muster …`: what operators run beside the services, in a service's own environment.

Whatever is installed adds its own sub-command by an entry point of the group `muster.commands`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from importlib.metadata import entry_points
from typing import TypeVar

import orjson
import typer
from chassis.errors import MusterError
from contracts.topics import SERVICES
from pydantic import ValidationError

T = TypeVar("T")


def main() -> None:
    """The command with everything that is installed."""
    cli = typer.Typer(add_completion=False, no_args_is_help=True, help="Look after a Muster installation.")
    for entry in sorted(entry_points(group="muster.commands"), key=lambda entry: entry.name):
        cli.add_typer(entry.load(), name=entry.name)
    cli()


def run_command(action: Callable[[], Awaitable[T]]) -> T:
    """The action's result. A MusterError, or an environment that lacks something, is printed to stderr; exit code 1."""

    async def run() -> T:
        return await action()

    try:
        return asyncio.run(run())
    except MusterError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except ValidationError as error:  # its own text would show what it read, passwords too
        for fault in error.errors(include_input=False, include_url=False):
            typer.echo(f"{'.'.join(map(str, fault['loc'])).upper()}: {fault['msg']}", err=True)
        raise typer.Exit(1) from None


def a_service(name: str) -> str:
    """For an argument's `callback`: refuses what is no service."""
    if name not in SERVICES:
        raise typer.BadParameter(f"one of {', '.join(SERVICES)}")
    return name


def print_line(line: object) -> None:
    """A mapping or a dataclass as one line of JSON."""
    typer.echo(orjson.dumps(line).decode())


if __name__ == "__main__":
    main()
