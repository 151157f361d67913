"""What a seed says will happen: the same every time, and nothing left out."""

from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from chassis.failpoints import KNOWN
from muster_chaos import scaled
from muster_chaos.blows import Die, Kill, Pause, Timed, blows
from muster_chaos.figures import EVERY_FAILPOINT, summed
from muster_chaos.protections import PROTECTIONS, Protection
from muster_chaos.weather import weather
from sandbox.faults import Rule

_ROOT = Path(__file__).parent.parent.parent


def schedule(seed: int, length: int = 400) -> list[Timed]:
    return list(islice(blows(seed, pace_seconds=2.0, longest_pause_seconds=scaled.LONGEST_STOP), length))


def test_a_seed_repeats_its_run_and_another_is_another() -> None:
    assert schedule(7) == schedule(7)
    assert schedule(7) != schedule(8)
    skies = [list(islice(weather(seed, late_seconds=8, lag_seconds=2), 50)) for seed in (7, 7, 8)]
    assert skies[0] == skies[1] != skies[2]


def test_of_a_thousand_kills_every_kind_of_process_gets_fifty() -> None:
    kills = Counter(timed.blow.target for timed in schedule(1, 4000) if isinstance(timed.blow, Kill | Die))
    share = {target: times / kills.total() for target, times in kills.items()}
    kinds = {"members", "segmenter", "dispatch-sms", "dispatch-email", "ballot", "sandbox", "kafka", "postgres"}
    assert kills.keys() == kinds
    assert min(share.values()) > 0.05, share


def test_every_failpoint_there_is_comes_up() -> None:
    assert EVERY_FAILPOINT == KNOWN
    drawn = {timed.blow.failpoint for timed in schedule(1) if isinstance(timed.blow, Die)}
    assert drawn == KNOWN


def test_no_stop_of_a_process_is_longer_than_half_of_what_the_settings_allow() -> None:
    stops = [timed.blow.seconds for timed in schedule(1) if isinstance(timed.blow, Pause)]
    assert stops
    assert max(stops) <= scaled.PAUSE / 2
    assert scaled.LATE_ACCEPT < scaled.TIMEOUT + scaled.LATE
    assert scaled.LIST_LAG < scaled.LAG
    assert scaled.DOUBT >= scaled.PAUSE + scaled.LATE + scaled.LAG


def test_the_sandbox_knows_every_fault_and_late_accepts_meet_a_lagging_list() -> None:
    skies = list(islice(weather(1, late_seconds=8, lag_seconds=2), 60))
    kinds = Counter(Rule.model_validate(rule).kind for now in skies for rule in now.rules)
    assert kinds["sms.late-accept"] == kinds["list.lag"] == 20
    assert len(kinds) > 20


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda each: each.name)
def test_each_protection_that_is_taken_out_stands_where_the_mutant_looks(protection: Protection) -> None:
    assert protection.taken_out(_ROOT)


def test_a_sum_of_runs_holds_only_if_each_does() -> None:
    run = {
        "seed": 1,
        **{name: {"members": 2} for name in ("kills", "stalls", "fell", "states")},
        "failpoints_hit": dict.fromkeys(KNOWN, 1),
        **dict.fromkeys(("campaigns", "scalings", "planned", "accepted", "lost", "duplicates", "events"), 3),
        "kills_in_all": 2,
        "in_doubt": {"opened": 1, "resolved": {"found to be there": 1}, "open": 0, "oldest_seconds": 0.0},
        "held": {"by_channel": {"email": 1}, "unexplained": []},
        "lost_events": [],
        "answers": {"taken": 5, "recorded": 5, "lost": 0, "invented": 0},
        "drain_seconds": 9.5,
        "faults": [],
        "holds": True,
    }
    both = summed([run, run | {"seed": 2, "holds": False, "drain_seconds": 11.0}])
    assert (both["seeds"], both["kills"], both["kills_in_all"]) == ([1, 2], {"members": 4}, 4)
    assert (both["holds"], both["drain_seconds"], both["failpoints_missed"]) == (False, 11.0, [])
    assert summed([run])["holds"]
