"""`make chaos` as it is typed: a small run of its own, and a series that goes on where it was left."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parent.parent.parent


def chaos(folder: Path, **wanted: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "muster_chaos", "--root", str(folder / "chaos")]
    return subprocess.run(argv, cwd=_ROOT, env=os.environ | wanted, capture_output=True, text=True, check=False)


def figures(folder: Path) -> Any:
    return json.loads((folder / "chaos.json").read_text())


@pytest.mark.long
def test_a_seeded_run_kills_and_loses_nothing(tmp_path: Path) -> None:
    done = chaos(tmp_path, SEED="4", KILLS="14", MEMBERS="600")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    found = figures(tmp_path)
    assert found["seeds"] == [4]
    assert found["kills_in_all"] >= 14
    assert found["failpoints_hit"]
    assert (found["lost"], found["duplicates"], found["lost_events"], found["faults"]) == (0, 0, [], [])
    assert found["accepted"] > 400
    assert (found["in_doubt"]["open"], found["held"].get("sms", 0), found["held_unexplained"]) == (0, 0, 0)
    assert found["drain_seconds"] > 0
    assert "Nothing lost, nothing twice" in done.stdout
    assert "fell" in found


def test_a_series_sums_the_runs_that_are_done_and_says_so_when_one_does_not_hold(tmp_path: Path) -> None:
    (tmp_path / "chaos").mkdir()
    run = {
        **{name: {"members": 60} for name in ("kills", "stalls", "fell", "failpoints_hit", "states")},
        **dict.fromkeys(("campaigns", "scalings", "planned", "accepted", "lost", "duplicates", "events"), 1),
        "kills_in_all": 60,
        "in_doubt": {"opened": 0, "resolved": {}, "open": 0, "oldest_seconds": 0.0},
        "held": {"by_channel": {}, "unexplained": []},
        "lost_events": [],
        "answers": {"taken": 0, "recorded": 0, "lost": 0, "invented": 0},
        "drain_seconds": 1.0,
        "faults": [],
    }
    for seed, holds in ((1, True), (2, True)):
        (tmp_path / "chaos" / f"seed-{seed}.json").write_text(json.dumps(run | {"seed": seed, "holds": holds}))
    done = chaos(tmp_path, KILLS="120")
    assert (done.returncode, figures(tmp_path)["kills"]) == (0, {"members": 120}), done.stdout
    assert done.stdout.count("done before") == 2
    (tmp_path / "chaos" / "seed-2.json").write_text(json.dumps(run | {"seed": 2, "holds": False}))
    done = chaos(tmp_path, KILLS="120")
    assert (done.returncode, figures(tmp_path)["holds"]) == (1, False), done.stdout
    assert "does not hold" in done.stdout
