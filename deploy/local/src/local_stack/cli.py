"""`python -m local_stack setup | up`: what `make` runs."""

import asyncio
import signal
import warnings
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local_stack.following import Follower
from local_stack.kafka import fetch_jars
from local_stack.processes import Failed, end_with_parent
from local_stack.services import SERVICES
from local_stack.stack import Stack

HOME = Path(".muster")
JARS = HOME / "kafka"
cli = typer.Typer(add_completion=False, no_args_is_help=True, help="The whole stack on one machine, without Docker.")
console = Console(highlight=False)
_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")


@cli.command()
def setup() -> None:
    """Fetch Apache Kafka's jars."""
    console.print("fetching Apache Kafka's jars (once, about 43 MB)")
    until_stopped(fetch(JARS))


async def fetch(root: Path) -> None:
    """Have the jars there."""
    await fetch_jars(root)


@cli.command()
def up(root: Path = HOME / "up") -> None:
    """Keep the whole stack in the foreground; Ctrl-C stops all of it."""
    until_stopped(_up(root))


async def _up(root: Path) -> None:
    stack = Stack(root, JARS, log_format="console", say=lambda line: console.print(line, style="dim"))
    async with stack.running():
        console.print(_addresses(stack))
        logs = {name: child.command.log for name, child in stack.children.items()}
        async with asyncio.TaskGroup() as group:
            group.create_task(Follower(logs, _show).run())
            group.create_task(_keep(stack))


async def _keep(stack: Stack) -> None:
    """Start again what ended by itself, and say so."""
    while True:
        for name in stack.crashed():
            console.print(f"{name} ended with {stack.children[name].returncode}; starting it again", style="bold red")
            await stack.restart(name)
        await asyncio.sleep(1)


def _addresses(stack: Stack) -> Table:
    table = Table(title="Muster is up. Ctrl-C stops all of it.", title_justify="left")
    for heading in ("part", "address", "log"):
        table.add_column(heading, no_wrap=True)
    for service in SERVICES:
        page = "/" if service.name == "sandbox" else "/docs"
        table.add_row(service.name, stack.url(service.name) + page, str(stack.logs / f"{service.name}.log"))
    table.add_row("kafka", stack.kafka.bootstrap, str(stack.logs / "kafka.log"))
    table.add_row("postgresql", f"127.0.0.1:{stack.postgres.port}", str(stack.logs / "postgres.log"))
    return table


def _show(name: str, line: str) -> None:
    colour = _COLOURS[sum(name.encode()) % len(_COLOURS)]
    console.print(Text.assemble((f"{name:>15} ", colour), line), soft_wrap=True)


def until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end. SIGINT, SIGTERM, SIGHUP and the parent's end stop it in order; a failure is said, exit 1."""
    warnings.simplefilter("default")
    end_with_parent()
    try:
        asyncio.run(_stoppable(work))
    except (asyncio.CancelledError, KeyboardInterrupt):
        console.print("stopped", style="dim")
    except Failed as failure:
        console.print(Text(str(failure), style="red"))
        raise typer.Exit(1) from None


async def _stoppable(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    for what in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(what, task.cancel)
    try:
        await task
    except BaseExceptionGroup as group:
        failures, others = group.split(Failed)
        if failures is None or others is not None:
            raise
        raise _first(failures) from None


def _first(group: BaseExceptionGroup[Failed]) -> Failed:
    """One failure out of a task group's."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
