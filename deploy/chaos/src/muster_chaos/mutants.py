"""`make chaos-mutants`: takes each protection out in turn, in a copy, and shows which test misses it.

A protection nobody misses is a failure: either it protects nothing, or no test would notice its loss.
"""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import typer
from muster_chaos.protections import PROTECTIONS, Protection
from rich.console import Console
from rich.table import Table

cli = typer.Typer(add_completion=False)
_COPIED = ("libs", "services", "deploy", "tests", "pyproject.toml")
_LONGEST_SECONDS = 600
_TESTS_FAILED = 1
"""pytest's exit status; anything else above 0 means that it could not run them."""


@dataclass(frozen=True, slots=True)
class Missed:
    """What came of one: by which tests it was missed; empty if by none. `why` if they could not be run."""

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
        found.append(_try(protection, root))
        console.print(_line(found[-1]))
    shutil.rmtree(root, ignore_errors=True)
    console.print(_table(found))
    unmissed = [each for each in found if not each.by]
    if unmissed or not found:
        console.print(f"{len(unmissed)} of {len(found)} missed by nobody", style="bold red")
        raise typer.Exit(1)
    console.print(f"each of {len(found)} protections is missed by a test", style="bold green")


def _try(protection: Protection, root: Path) -> Missed:
    """The same tests twice: with the protection they pass, or their failing without it would show nothing."""
    since = time.monotonic()
    copy(Path(), root)
    whole = _run(protection, root)
    if whole.returncode:
        return Missed(protection, (), time.monotonic() - since, f"fails with it, too:\n{whole.stdout[-2000:]}")
    (root / protection.file).write_text(protection.taken_out(root))
    done = _run(protection, root)
    by = tuple(line.split()[1] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR")))
    why = "" if done.returncode in (0, _TESTS_FAILED) else done.stdout[-2000:]
    return Missed(protection, by if done.returncode == _TESTS_FAILED else (), time.monotonic() - since, why)


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


def _run(protection: Protection, root: Path) -> subprocess.CompletedProcess[str]:
    """pytest on the copy: its packages come before the installed ones."""
    packages = [str(path.absolute()) for part in ("libs", "services", "deploy") for path in root.glob(f"{part}/*/src")]
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *protection.tests]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(packages)}
    return subprocess.run(  # noqa: S603 - our own tests
        argv, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=_LONGEST_SECONDS
    )


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
