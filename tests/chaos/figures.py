"""A run's figures as chaos keeps them, for tests that need some and run nothing."""

from typing import Any

from chassis.failpoints import KNOWN
from muster_chaos.disruption.schedule import TARGETS
from muster_chaos.results.acceptance_share import Share
from muster_chaos.results.figures import Figures
from muster_chaos.results.held_emails import Held
from muster_chaos.results.measurements import Doubts, TextedAnswers
from muster_chaos.results.opt_outs import OptOuts
from muster_chaos.run_request import RunRequest
from muster_chaos.series import Run


def figures(wanted: RunRequest, **changed: Any) -> Run:
    """Of a run that held: a hundred and twenty-five kills, each failpoint, both weathers."""
    usual: dict[str, Any] = {
        "seed": wanted.seed,
        "asked": wanted.asked(),
        "settings": {"ballot": {"COUNT_GRACE_SECONDS": "2"}},
        "campaigns": 3,
        "kills": dict.fromkeys(TARGETS, 25),
        "stalls": {"members": 2},
        "scalings": 4,
        "incident_seconds": {"stop-in-outage": 20.0},
        "erased": 10,
        "imported": 1000,
        "fell": {},
        "gave_up": {},
        "failpoints_hit": dict.fromkeys(KNOWN, 1),
        "faults_hit": {"sms.late-accept": 2, "list.lag": 3},
        "planned": 100,
        "accepted": 90,
        "share": Share(ought=90, accepted=90, skipped={"no_consent": 10}),
        "states": {"delivered": 90, "skipped": 10},
        "lost": 0,
        "duplicates": 0,
        "faults": (),
        "lost_events": (),
        "events": 20,
        "answers": TextedAnswers(5, 1, 6, 0, 0),
        "opt_outs": OptOuts(2, 1),
        "accepted_in_stops": (),
        "in_doubt": Doubts(1, {"found to be there": 1}),
        "held": Held({"email": 1}),
        "drain_seconds": 9.5,
        "stages": {},
    }
    return Figures(**usual | changed).shown()
