"""Removes each protection in turn from a copy of the code, and shows which tests fail without it.

A protection without which no test fails is an error: it protects nothing, or its loss would not be noticed. A mutant
has to import, else its tests fail for another reason; one that makes its tests hang counts as found.
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
_QUIET = ("-q", "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True)
class _Ran:
    """A program that ended; `code` None: it was killed after its time."""

    code: int | None
    output: str


@dataclass(frozen=True, slots=True)
class Result:
    """Which tests fail without a protection (`by`), or that they hang; empty if none. `why` they could not be run."""

    protection: Protection
    by: tuple[str, ...]
    seconds: float
    why: str = ""


@cli.command()
def mutants(
    only: str = typer.Option("", envvar="ONLY", help="Part of a protection's name"),
    root: Path = typer.Option(Path(".muster/mutants"), help="Where the copy goes"),
) -> None:
    """Remove each protection and see which tests fail."""
    console = Console(highlight=False)
    chosen = [protection for protection in PROTECTIONS if only in protection.name]
    found = []
    passing = set[tuple[str, ...]]()
    for protection in chosen:
        copy(Path(), root)
        found.append(attempt(protection, root, passing=passing))
        console.print(_line(found[-1]))
        (root.parent / "mutants.md").write_text(_markdown(found))
    shutil.rmtree(root, ignore_errors=True)
    console.print(_table(found))
    unnoticed = [each for each in found if not each.by]
    if unnoticed or not found:
        console.print(f"{len(unnoticed)} of {len(found)} protections removed without a failing test", style="bold red")
        raise typer.Exit(1)
    console.print(f"each of {len(found)} protections has a test that fails without it", style="bold green")


def attempt(
    protection: Protection,
    root: Path,
    longest_seconds: float = _LONGEST_SECONDS,
    passing: set[tuple[str, ...]] | None = None,
) -> Result:
    """Run the same tests twice in a copy: they have to pass with the protection, and to fail without it within
    `longest_seconds`. `passing` are tests that passed before and need not be run with it again."""
    since = time.monotonic()
    by, why = _failing_without(protection, root, longest_seconds, set() if passing is None else passing)
    return Result(protection, by, time.monotonic() - since, why)


def _failing_without(
    protection: Protection, root: Path, longest_seconds: float, passing: set[tuple[str, ...]]
) -> tuple[tuple[str, ...], str]:
    if protection.tests not in passing:
        whole = _run(["-m", "pytest", *_QUIET, *protection.tests], root)
        if whole.code != 0:
            return (), f"fails with it, too:\n{whole.output[-2000:]}"
        passing.add(protection.tests)
    (root / protection.file).write_text(protection.taken_out(root))
    imported = _run(["-c", f"import {_module(protection.file)}"], root)
    if imported.code != 0:
        return (), f"the mutant does not import:\n{imported.output[-2000:]}"
    done = _run(["-m", "pytest", *_QUIET, *protection.tests], root, longest_seconds)
    if done.code is None:
        return (f"hangs for more than {longest_seconds:.0f} s",), ""
    if done.code not in (0, _TESTS_FAILED):
        return (), done.output[-2000:]
    return tuple(_FAILED.findall(done.output)), ""


def _module(file: str) -> str:
    """`libs/dispatch/src/dispatch/sending/calls.py` is dispatch.sending.calls."""
    return file.partition("/src/")[2].removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def copy(source: Path, root: Path) -> None:
    """A fresh copy of the project's own files; Kafka's jars are shared."""
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
    """Run Python on the copy, whose packages come before the installed ones."""
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


def _line(result: Result) -> str:
    if result.by:
        return f"[green]noticed[/] {result.protection.name} [dim]({result.seconds:.0f} s)[/]"
    return f"[red]not noticed[/] {result.protection.name}\n{result.why}"


def _table(found: list[Result]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("without")
    table.add_column("fails")
    for result in found:
        table.add_row(result.protection.name, "\n".join(_tests(result)) or "nothing")
    return table


def _markdown(found: list[Result]) -> str:
    """The same table, for docs/reliability.md."""
    rows = [f"| {result.protection.name} | {_cell(result)} | {result.seconds:.0f} |" for result in found]
    return "\n".join(["| without | fails | seconds |", "|---|---|---|", *rows, ""])


def _cell(result: Result) -> str:
    first, *others = _tests(result) or ["nothing"]
    return f"`{first}`" + (f" and {len(others)} more" if others else "")


def _tests(result: Result) -> list[str]:
    return [test.rpartition("::")[2] for test in result.by]
