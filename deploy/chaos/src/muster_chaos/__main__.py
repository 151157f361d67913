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
from muster_chaos.figures import summed
from muster_chaos.run import Wanted, run
from muster_chaos.weighing import as_json
from rich.console import Console

cli = typer.Typer(add_completion=False)
_KILLS_A_RUN = 60
_SERIES = 1
"""The first seed of a series."""


@cli.command()
def chaos(
    seed: int | None = typer.Option(None, envvar="SEED", help="Repeats the run of that seed"),
    kills: int = typer.Option(_KILLS_A_RUN, envvar="KILLS", min=1, help="In all; over a run's worth: several runs"),
    members: int = typer.Option(10_000, envvar="MEMBERS", min=300, help="People on the roll"),
    root: Path = typer.Option(Path(".muster/chaos"), help="Where data, logs and figures go"),
) -> None:
    """Kill, stall and scale everything in mid-campaign under hostile providers, then judge."""
    until_stopped(_chaos(seed, kills, members, root))


async def _chaos(seed: int | None, kills: int, members: int, root: Path) -> None:
    console = Console(highlight=False)
    first = seed if seed is not None else (_SERIES if kills > _KILLS_A_RUN else random.SystemRandom().randrange(10_000))
    done: list[dict[str, Any]] = []
    for each, wanted in _runs(first, kills, done):
        figures = root / f"seed-{each}.json"
        if kills > _KILLS_A_RUN and figures.exists():
            console.print(f"seed {each}: done before")
        else:
            console.print(f"seed {each}: {wanted} kills, {members:,} members")
            found = await run(Wanted(each, wanted, members), root / "stack", console)
            figures.write_bytes(as_json(found.shown()))
        done.append(orjson.loads(figures.read_bytes()))
        if not done[-1]["holds"]:
            break
    found_in_all = summed(done)
    (root.parent / "chaos.json").write_bytes(as_json(found_in_all))
    report.show(console, found_in_all)
    console.print(f"\nThe same figures: {root.parent / 'chaos.json'}; by seed: {root}/seed-*.json.", style="dim")
    if not found_in_all["holds"]:
        raise Failed(f"the run of seed {done[-1]['seed']} does not hold: see above, and {root / 'stack' / 'logs'}")


def _runs(first: int, kills: int, done: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    """Seeds and how many kills each, until those that are done make up all of them."""
    for seed in count(first):
        left = kills - sum(sum(run["kills"].values()) for run in done)
        if left <= 0:
            return
        yield seed, min(left, _KILLS_A_RUN)


cli()
