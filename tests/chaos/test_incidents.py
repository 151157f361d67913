"""Which incidents a run has, and when; that an outage is longer than what it is there to outlast."""

from collections import Counter

import pytest
from muster_chaos import time_scale
from muster_chaos.incidents.plan import INCIDENTS, named, plan
from muster_chaos.incidents.roll_changes import retired
from sandbox.carrier.webhooks.connection_overrides import connection_overrides


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kills", [3, 30, 200])
def test_a_run_has_each_incident_once_before_its_last_kill_and_the_same_again(seed: int, kills: int) -> None:
    planned = plan(seed, INCIDENTS, kills)
    assert Counter(each.incident for each in planned) == Counter(INCIDENTS)
    assert [each.after for each in planned] == sorted(each.after for each in planned)
    assert planned[-1].after < kills
    assert plan(seed, INCIDENTS, kills) == planned
    assert any(plan(other, INCIDENTS, kills) != planned for other in range(100, 110))


def test_incidents_are_selected_by_name() -> None:
    assert named("all") == INCIDENTS
    assert named("none") == named("") == ()
    assert named("stop-in-outage") == ("stop-in-outage",)
    assert named("broker-rebuilt, database-outage") == ("database-outage", "broker-rebuilt")
    with pytest.raises(ValueError, match="no incident flood: all, none, or of database-outage"):
        named("flood,broker-rebuilt")


def test_an_outage_outlasts_the_carriers_retries() -> None:
    settings = time_scale.settings(sms_per_second=120, mails_per_second=40)["sandbox"]
    retries = connection_overrides("http://here/#rc=5&rp=all").retries
    waits = [float(settings["CALLBACK_RETRY_SECONDS"]) * 2**number for number in range(retries)]
    assert sum(waits) < time_scale.OUTAGE


def test_the_roll_that_is_imported_is_of_people_who_are_retired() -> None:
    header, *rows = retired(100).decode().splitlines()
    assert header.endswith("job")
    assert len(set(rows)) == 100
    assert all(row.endswith("retired") for row in rows)
