"""What a seed says will happen: the same every time, and nothing left out."""

from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from chassis.failpoints import KNOWN
from muster_chaos import time_scale
from muster_chaos.disruption.provider_faults import fault_periods
from muster_chaos.disruption.schedule import Die, Kill, Pause, Timed, disruptions
from muster_chaos.mutants.protections import PROTECTIONS, Protection
from muster_chaos.series import EVERY_FAILPOINT
from muster_demo import campaign_content
from sandbox.faults.rules import Rule

_ROOT = Path(__file__).parent.parent.parent


def schedule(seed: int, length: int = 400) -> list[Timed]:
    return list(islice(disruptions(seed, pace_seconds=2.0, longest_pause_seconds=time_scale.LONGEST_STOP), length))


def test_a_seed_repeats_its_run_and_another_is_another() -> None:
    assert schedule(7) == schedule(7)
    assert schedule(7) != schedule(8)
    skies = [list(islice(fault_periods(seed, late_seconds=8, lag_seconds=2), 50)) for seed in (7, 7, 8)]
    assert skies[0] == skies[1] != skies[2]


def test_of_a_thousand_kills_every_kind_of_process_gets_fifty() -> None:
    kills = Counter[str]()
    for timed in schedule(1, 4000):
        if isinstance(timed.disruption, Kill | Die):
            kills[timed.disruption.target] += 2 if isinstance(timed.disruption, Die) else 1  # now, and at its failpoint
    share = {target: times / kills.total() for target, times in kills.items()}
    kinds = {
        "access",
        "members",
        "segmenter",
        "segmenter-worker",
        "dispatch-sms",
        "dispatch-email",
        "ballot",
        "sandbox",
        "kafka",
        "postgres",
    }
    assert kills.keys() == kinds
    assert min(share.values()) > 0.058, share  # 58 of a thousand: shuffling leaves some to chance


def test_every_failpoint_there_is_comes_up() -> None:
    assert EVERY_FAILPOINT == KNOWN
    drawn = {timed.disruption.failpoint for timed in schedule(1) if isinstance(timed.disruption, Die)}
    assert drawn == KNOWN


def test_no_stop_of_a_process_is_longer_than_half_of_what_the_settings_allow() -> None:
    stops = [timed.disruption.seconds for timed in schedule(1) if isinstance(timed.disruption, Pause)]
    assert stops
    assert max(stops) <= time_scale.PAUSE / 2
    assert time_scale.LATE_ACCEPT < time_scale.TIMEOUT + time_scale.LATE
    assert time_scale.LIST_LAG < time_scale.LAG
    assert time_scale.DOUBT >= time_scale.PAUSE + time_scale.LATE + time_scale.LAG


def test_the_sandbox_knows_every_fault_and_late_accepts_meet_a_lagging_list() -> None:
    skies = list(islice(fault_periods(1, late_seconds=8, lag_seconds=2), 60))
    kinds = Counter(Rule.model_validate(rule).kind for now in skies for rule in now.rules)
    assert kinds["sms.late-accept"] == kinds["list.lag"] == 20
    assert len(kinds) > 20


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda each: each.name)
def test_each_protection_that_is_taken_out_stands_where_the_mutant_looks(protection: Protection) -> None:
    assert protection.taken_out(_ROOT)


def test_every_fourth_reminder_says_the_same_and_neighbours_another() -> None:
    then = datetime(2026, 11, 22, tzinfo=UTC)
    texts = [str(campaign_content.campaign("segment", "poll", then, reminder)["content"]) for reminder in range(9)]
    assert texts[1:5] == texts[5:9]
    assert len(set(texts[:5])) == 5
