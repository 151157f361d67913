"""`make chaos`: one seeded run, or as many as make up `KILLS` kills; those that are done are not done again."""

import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import typer
from local_stack.cli import until_stopped
from local_stack.processes import Failed
from muster_chaos import report
from muster_chaos.results.measurements import as_json
from muster_chaos.run import run
from muster_chaos.run_request import RUN_PACE, SERIES_PACE, RunRequest, code
from muster_chaos.series import summed
from rich.console import Console

cli = typer.Typer(add_completion=False)
_A_RUN, _A_RUN_OF_A_SERIES = 30, 200
"""Kills. One run takes about three minutes; in a series the start and the drain are to be a small part of it."""
_SERIES = 1
"""The first seed of a series."""


@cli.command()
def chaos(
    seed: int | None = typer.Option(None, envvar="SEED", help="Repeats the run of that seed"),
    kills: int = typer.Option(_A_RUN, envvar="KILLS", min=1, help="In all; over a run's worth: several runs"),
    members: int = typer.Option(10_000, envvar="MEMBERS", min=300, help="People on the roll"),
    pace: float | None = typer.Option(None, envvar="PACE", min=0.1, help="Seconds between two blows, on average"),
    root: Path = typer.Option(Path(".muster/chaos"), help="Where data, logs and figures go"),
) -> None:
    """Kill, stall and scale everything in mid-campaign under hostile providers, then judge."""
    series = kills > _A_RUN_OF_A_SERIES
    first = seed if seed is not None else _SERIES if series else random.SystemRandom().randrange(10_000)
    wanted = RunRequest(first, kills, members, pace or (SERIES_PACE if series else RUN_PACE), code())
    until_stopped(_chaos(wanted, series, root))


async def _chaos(whole: RunRequest, series: bool, root: Path) -> None:
    console = Console(highlight=False)
    done: list[dict[str, Any]] = []
    for wanted in _runs(whole, done):
        figures = root / f"seed-{wanted.seed}.json"
        if series and figures.exists() and wanted.done_by(orjson.loads(figures.read_bytes())):
            console.print(f"seed {wanted.seed}: done before")
        else:
            console.print(f"seed {wanted.seed}: {wanted.kills} kills, {wanted.members:,} members")
            found = await run(wanted, root / "stack", console)
            figures.write_bytes(as_json(found.shown()))
        done.append(orjson.loads(figures.read_bytes()))
        if not done[-1]["holds"]:
            break
    found_in_all = summed(done)
    (root.parent / "chaos.json").write_bytes(as_json(found_in_all))
    report.show(console, found_in_all)
    console.print(f"\nThe same figures: {root.parent / 'chaos.json'}; by seed: {root}/seed-*.json.", style="dim")
    if not found_in_all["holds"]:
        what = f"the run of seed {done[-1]['seed']}" if not done[-1]["holds"] else "the series"
        raise Failed(f"{what} does not hold: see above, and {root / 'stack' / 'logs'}")


def _runs(whole: RunRequest, done: list[dict[str, Any]]) -> Iterator[RunRequest]:
    """Seeds and how many kills each, until those that are done make up all of them."""
    for seed in count(whole.seed):
        left = whole.kills - sum(run["kills_in_all"] for run in done)
        if left <= 0:
            return
        kills = min(left, _A_RUN_OF_A_SERIES)
        yield RunRequest(seed, kills, whole.members, whole.pace_seconds, whole.code)


cli()
