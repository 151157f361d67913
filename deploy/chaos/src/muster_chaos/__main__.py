"""`make chaos`: one seeded run, or as many as make up `KILLS` kills; finished runs of a series are not repeated."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import orjson
import typer
from local_stack.cli import until_stopped
from local_stack.processes import Failed
from muster_chaos import report
from muster_chaos.incidents.plan import INCIDENTS, Incident, named
from muster_chaos.results.measurements import as_json
from muster_chaos.run import run
from muster_chaos.run_request import RUN_PACE, SERIES_PACE, RunRequest, code
from muster_chaos.series import Run, summed
from rich.console import Console

cli = typer.Typer(add_completion=False)
_A_RUN, _A_RUN_OF_A_SERIES = 30, 200
"""Kills. In a series a run is longer, so that its start and drain are a small part of it."""
_SERIES = 1
"""The first seed of a series."""


def _named(names: str) -> tuple[Incident, ...]:
    try:
        return named(names)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@cli.command()
def chaos(
    seed: int | None = typer.Option(None, envvar="SEED", help="Repeats the run of that seed"),
    kills: int = typer.Option(_A_RUN, envvar="KILLS", min=1, help="In all; more than one run's: several runs"),
    members: int = typer.Option(10_000, envvar="MEMBERS", min=300, help="People on the roll"),
    pace: float | None = typer.Option(None, envvar="PACE", min=0.1, help="Seconds between two disruptions, on average"),
    incidents: str = typer.Option("all", envvar="INCIDENTS", help=f"all, none, or of {', '.join(INCIDENTS)}"),
    root: Path = typer.Option(Path(".muster/chaos"), help="Where data, logs and figures go"),
) -> None:
    """Kill, stall and scale everything in mid-campaign while the providers fail, then judge."""
    series = kills > _A_RUN_OF_A_SERIES
    first = seed if seed is not None else _SERIES if series else random.SystemRandom().randrange(10_000)
    usual_pace = SERIES_PACE if series else RUN_PACE
    request = RunRequest(first, kills, members, pace or usual_pace, code(), _named(incidents))
    until_stopped(_chaos(request, series, root))


async def _chaos(series_request: RunRequest, series: bool, root: Path) -> None:
    console = Console(highlight=False)
    done: list[Run] = []
    for request in _runs(series_request, done):
        figures = root / f"seed-{request.seed}.json"
        if series and figures.exists() and request.done_by(orjson.loads(figures.read_bytes())):
            console.print(f"seed {request.seed}: done before")
        else:
            console.print(f"seed {request.seed}: {request.kills} kills, {request.members:,} members")
            found = await run(request, root / "stack", console)
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


def _runs(series_request: RunRequest, done: list[Run]) -> Iterator[RunRequest]:
    """The runs to do, until the kills of those that are done make up all of them."""
    for seed in count(series_request.seed):
        left = series_request.kills - sum(run["kills_in_all"] for run in done)
        if left <= 0:
            return
        kills = min(left, _A_RUN_OF_A_SERIES)
        yield replace(series_request, seed=seed, kills=kills)


cli()
