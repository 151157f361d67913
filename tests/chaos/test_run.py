"""`make chaos` as it is typed: a small run of its own, and a series that goes on where it was left."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from muster_chaos.incidents.plan import INCIDENTS
from muster_chaos.run_request import SERIES_PACE, RunRequest, code

from tests.chaos.figures import figures as figures_of

_ROOT = Path(__file__).parent.parent.parent


def chaos(folder: Path, **wanted: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "muster_chaos", "--root", str(folder / "chaos")]
    return subprocess.run(argv, cwd=_ROOT, env=os.environ | wanted, capture_output=True, text=True, check=False)


def figures(folder: Path) -> Any:
    return json.loads((folder / "chaos.json").read_text())


@pytest.mark.parametrize(
    ("kills", "members", "incidents"),
    [
        (4, 300, ["database-outage", "stop-in-outage"]),
        pytest.param(14, 600, list(INCIDENTS), marks=pytest.mark.long),
    ],
)
def test_a_seeded_run_kills_and_loses_nothing(tmp_path: Path, kills: int, members: int, incidents: list[str]) -> None:
    done = chaos(tmp_path, SEED="4", KILLS=str(kills), MEMBERS=str(members), INCIDENTS=",".join(incidents))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    found = figures(tmp_path)
    assert found["seeds"] == [4]
    assert found["kills_in_all"] >= kills
    assert found["failpoints_hit"]
    assert (found["lost"], found["duplicates"], found["lost_events"], found["faults"]) == (0, 0, [], [])
    assert found["accepted"] > members * 2 // 3
    assert (found["in_doubt"]["open"], found["held"].get("sms", 0), found["held_unexplained"]) == (0, 0, 0)
    assert found["drain_seconds"] > 0
    assert "Nothing lost, nothing twice" in done.stdout
    assert (found["seed"], found["fell"]) == (4, {})
    assert found["share"]["share"] >= 0.99
    assert found["incident_seconds"].keys() == set(incidents)
    assert found["answers"]["listed"] > 0
    assert found["opt_outs"]["listed"] > 0


def keep(folder: Path, seed: int, **changed: Any) -> None:
    (folder / "chaos").mkdir(exist_ok=True)
    wanted = RunRequest(seed, 200, 600, SERIES_PACE, code())
    kept = {**figures_of(wanted, **changed), "kills_in_all": 200}
    (folder / "chaos" / f"seed-{seed}.json").write_text(json.dumps(kept, default=str))


def test_a_series_sums_the_runs_that_are_done(tmp_path: Path) -> None:
    for seed in (1, 2):
        keep(tmp_path, seed)
    done = chaos(tmp_path, KILLS="400", MEMBERS="600")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("done before") == 2
    found = figures(tmp_path)
    assert (found["runs"], found["seeds"], found["kills_in_all"], found["holds"]) == (2, [1, 2], 400, True)


def test_a_series_of_a_thousand_fails_when_a_kind_of_process_was_spared(tmp_path: Path) -> None:
    for seed in range(1, 6):
        keep(tmp_path, seed, kills={"members": 100, "kafka": 9})
    done = chaos(tmp_path, KILLS="1000", MEMBERS="600")
    assert (done.returncode, figures(tmp_path)["holds"]) == (1, False), done.stdout
    assert "kafka killed only 45 times" in done.stdout
    assert "the series does not hold" in done.stdout
