"""`python -m local_stack setup | up`: what `make` runs."""

import asyncio
import json
import signal
import warnings
from collections.abc import Awaitable, Iterator
from pathlib import Path

import typer
from local_stack.api_clients import create_client, fetch_token
from local_stack.kafka import fetch_jars
from local_stack.log_follower import LogFollower
from local_stack.processes import Failed, end_with_parent
from local_stack.secrets import load_or_create
from local_stack.services import SERVICES
from local_stack.stack import Stack
from rich.console import Console
from rich.text import Text

HOME = Path(".muster")
JARS = HOME / "kafka"
CLIENT = "local"
cli = typer.Typer(add_completion=False, no_args_is_help=True, help="The whole stack on one machine, without Docker.")
console = Console(highlight=False)
_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")


@cli.command()
def setup() -> None:
    """Fetch Apache Kafka's jars."""
    console.print("fetching Apache Kafka's jars (once, about 43 MB)")
    until_stopped(fetch(JARS))


async def fetch(root: Path) -> None:
    """Fetch the jars into `root`."""
    await fetch_jars(root)


@cli.command()
def up(root: Path = HOME / "up", usual_ports: bool = True) -> None:
    """Run the whole stack in the foreground; Ctrl-C stops it."""
    until_stopped(_up(root, usual_ports=usual_ports))


@cli.command()
def token(root: Path = HOME / "up") -> None:
    """Print a bearer token with all scopes for the stack that `up` runs."""
    file = root / "addresses.json"
    if not file.exists():
        raise typer.BadParameter(f"no stack runs in {root}: start one with `make up`")
    secret = load_or_create(root / "secrets.json")["CLIENT_SECRET"]
    access = json.loads(file.read_text())["access"]
    typer.echo(asyncio.run(fetch_token(access, CLIENT, secret)))


async def _up(root: Path, *, usual_ports: bool) -> None:
    stack = Stack(root, JARS, log_format="console", usual_ports=usual_ports, say=_say)
    async with stack.running():
        await create_client(stack, CLIENT, stack.secrets["CLIENT_SECRET"])
        file = root / "addresses.json"
        file.write_text(json.dumps({service.name: stack.url(service.name) for service in SERVICES}, indent=1))
        try:
            await _follow(stack)
        finally:
            file.unlink()


async def _follow(stack: Stack) -> None:
    for line in _welcome(stack):
        console.print(line, soft_wrap=True)
    logs = {name: child.command.log for name, child in stack.children.items()}
    async with asyncio.TaskGroup() as group:
        group.create_task(LogFollower(logs, _show).run())
        group.create_task(_restart_crashed(stack))


async def _restart_crashed(stack: Stack) -> None:
    """Restart services that ended by themselves, and say so."""
    while True:
        for name in stack.crashed():
            console.print(f"{name} ended with {stack.children[name].returncode}; starting it again", style="bold red")
            await stack.restart(name)
        await asyncio.sleep(1)


def _welcome(stack: Stack) -> Iterator[str]:
    """The addresses of all parts, a line each."""
    yield "[bold green]Muster is up. Ctrl-C stops all of it.[/]"
    for service in SERVICES:
        if service.worker_of:
            continue
        page = "/" if service.name == "sandbox" else "/docs"
        what = "inbox of all texts and mails" if service.name == "sandbox" else "API page"
        yield f"  {service.name:<15} {stack.url(service.name)}{page}  [dim]{what}[/]"
    yield f"  {'kafka':<15} {stack.kafka.bootstrap}"
    yield f"  {'postgresql':<15} 127.0.0.1:{stack.postgres.port}  [dim]user postgres, POSTGRES_PASSWORD[/]"
    yield f"Logs: {stack.logs}"
    yield f"Secrets, and the sandbox's user and password (TWILIO_…): {stack.root / 'secrets.json'}"
    yield "A bearer token with all scopes: [bold]make token[/]"


def _say(line: str) -> None:
    console.print(line, style="dim")


def _show(name: str, line: str) -> None:
    colour = _COLOURS[sum(name.encode()) % len(_COLOURS)]
    console.print(Text.assemble((f"{name:>15} ", colour), line), soft_wrap=True)


def until_stopped(work: Awaitable[None]) -> None:
    """Run to the end. SIGINT, SIGTERM, SIGHUP and the parent's end stop it in order; a failure is printed, exit 1."""
    warnings.simplefilter("default")
    end_with_parent()
    try:
        asyncio.run(_stoppable(work))
    except (asyncio.CancelledError, KeyboardInterrupt):
        console.print("stopped", style="dim")
    except Failed as failure:
        console.print(Text(str(failure), style="red"))
        raise typer.Exit(1) from None


async def _stoppable(work: Awaitable[None]) -> None:
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
    """The first failure of a task group."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
