"""`make chaos-mutants`: takes each protection out in turn, in a copy, and shows which test misses it.

A protection nobody misses is a failure: either it protects nothing, or no test would notice its loss. A mutant has to
import, else its tests fail for another reason; one that makes them hang is caught by that.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import typer
from muster_chaos.mutants.protections import PROTECTIONS, Protection
from rich.console import Console
from rich.table import Table

cli = typer.Typer(add_completion=False)
_COPIED = ("libs", "services", "deploy", "tests", "pyproject.toml")
_LONGEST_SECONDS = 600
_TESTS_FAILED = 1
"""pytest's exit status; anything else above 0 means that it could not run them."""


_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+\.py\S*)", re.MULTILINE)
"""In pytest's summary; a captured log has lines that begin with ERROR, too."""
_QUIETLY = ("-q", "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True)
class _Ran:
    """A program that ended; `code` None: it was ended, after its time."""

    code: int | None
    told: str


@dataclass(frozen=True, slots=True)
class Missed:
    """What came of one: by which tests it was missed, or that they hung; empty if by none. `why` if they could not be
    run."""

    protection: Protection
    by: tuple[str, ...]
    seconds: float
    why: str = ""


@cli.command()
def mutants(
    only: str = typer.Option("", envvar="ONLY", help="Part of a protection's name"),
    root: Path = typer.Option(Path(".muster/mutants"), help="Where the copy goes"),
) -> None:
    """Take each protection out and see who misses it."""
    console = Console(highlight=False)
    chosen = [protection for protection in PROTECTIONS if only in protection.name]
    found = []
    for protection in chosen:
        copy(Path(), root)
        found.append(attempt(protection, root))
        console.print(_line(found[-1]))
    shutil.rmtree(root, ignore_errors=True)
    console.print(_table(found))
    unmissed = [each for each in found if not each.by]
    if unmissed or not found:
        console.print(f"{len(unmissed)} of {len(found)} missed by nobody", style="bold red")
        raise typer.Exit(1)
    console.print(f"each of {len(found)} protections is missed by a test", style="bold green")


def attempt(protection: Protection, root: Path, longest_seconds: float = _LONGEST_SECONDS) -> Missed:
    """In a copy, the same tests twice: with the protection they pass, or their failing without it would show
    nothing. `longest_seconds` is for those without it."""
    since = time.monotonic()
    by, why = _missing(protection, root, longest_seconds)
    return Missed(protection, by, time.monotonic() - since, why)


def _missing(protection: Protection, root: Path, longest_seconds: float) -> tuple[tuple[str, ...], str]:
    whole = _run(["-m", "pytest", *_QUIETLY, *protection.tests], root)
    if whole.code != 0:
        return (), f"fails with it, too:\n{whole.told[-2000:]}"
    (root / protection.file).write_text(protection.taken_out(root))
    imported = _run(["-c", f"import {_module(protection.file)}"], root)
    if imported.code != 0:
        return (), f"the mutant does not import:\n{imported.told[-2000:]}"
    done = _run(["-m", "pytest", *_QUIETLY, *protection.tests], root, longest_seconds)
    if done.code is None:
        return (f"hangs for more than {longest_seconds:.0f} s",), ""
    if done.code not in (0, _TESTS_FAILED):
        return (), done.told[-2000:]
    return tuple(_FAILED.findall(done.told)), ""


def _module(file: str) -> str:
    """`libs/dispatch/src/dispatch/sending/calls.py` is dispatch.calling."""
    return file.partition("/src/")[2].removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def copy(source: Path, root: Path) -> None:
    """The project's own files, anew; Kafka's jars are shared."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for name in _COPIED:
        if (source / name).is_dir():
            shutil.copytree(source / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source / name, root / name)
    (root / ".muster").mkdir()
    (root / ".muster" / "kafka").symlink_to((source / ".muster" / "kafka").absolute())


def _run(argv: list[str], root: Path, longest_seconds: float = _LONGEST_SECONDS) -> _Ran:
    """Python on the copy: its packages come before the installed ones."""
    packages = [str(path.absolute()) for part in ("libs", "services", "deploy") for path in root.glob(f"{part}/*/src")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(packages)}
    try:
        done = subprocess.run(  # noqa: S603 - our own tests
            [sys.executable, *argv],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=longest_seconds,
        )
    except subprocess.TimeoutExpired:
        return _Ran(None, f"not done after {longest_seconds:.0f} s")
    return _Ran(done.returncode, done.stdout)


def _line(missed: Missed) -> str:
    if missed.by:
        return f"[green]missed[/] {missed.protection.name} [dim]({missed.seconds:.0f} s)[/]"
    return f"[red]missed by nobody[/] {missed.protection.name}\n{missed.why}"


def _table(found: list[Missed]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("without")
    table.add_column("fails")
    for missed in found:
        table.add_row(missed.protection.name, "\n".join(test.rpartition("::")[2] for test in missed.by) or "nothing")
    return table


if __name__ == "__main__":
    cli()
