"""The sum of several runs, and what a thousand kills have to show together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from muster_chaos.disruption.schedule import FAILPOINTS, TARGETS

EVERY_FAILPOINT = frozenset(name for names in FAILPOINTS.values() for name in names)
THOUSAND, LEAST_OF_A_KIND = 1000, 50
DOUBT_FAULTS = ("sms.late-accept", "list.lag")
"""The two faults that the wait Q is there for; some runs must have had them."""
Run = Mapping[str, Any]
"""The figures of a run or of a series as they are kept in JSON, which has no types for numbers and names."""

_SUMMED = ("kills", "stalls", "fell", "gave_up", "failpoints_hit", "faults_hit", "states", "incident_seconds")
_ADDED = (
    "campaigns",
    "scalings",
    "erased",
    "imported",
    "planned",
    "accepted",
    "lost",
    "duplicates",
    "events",
    "kills_in_all",
    "kills_wanted",
)
_SAME = ("members", "pace_seconds", "scale", "settings", "code", "incidents")


def summed(runs: Sequence[Run]) -> Run:
    """Sums, the first seed and all seeds, the slowest drain, and whether each run held and all of them together show
    what a series of a thousand has to."""
    counts = {name: _sum(runs, name) for name in _SUMMED}
    found: dict[str, object] = {
        "seed": runs[0]["seed"],
        "seeds": [run["seed"] for run in runs],
        "runs": len(runs),
        **{name: runs[0][name] for name in _SAME},
        **counts,
        **{name: sum(run[name] for run in runs) for name in _ADDED},
        "in_doubt": _doubts(runs),
        **_held(runs),
        "opt_outs": {name: sum(run["opt_outs"][name] for run in runs) for name in ("by_webhook", "listed")},
        "share": _share(runs),
        "lost_events": [event for run in runs for event in run["lost_events"]],
        "answers": _sum(runs, "answers"),
        "drain_seconds": max(run["drain_seconds"] for run in runs),
        "failpoints_missed": sorted(EVERY_FAILPOINT - counts["failpoints_hit"].keys()),
        "runs_struck_by": {kind: sum(bool(run["faults_hit"].get(kind)) for run in runs) for kind in DOUBT_FAULTS},
        "faults": [fault for run in runs for fault in run["faults"]],
    }
    lacking = missing(found)
    return found | {"missing": lacking, "holds": all(run["holds"] for run in runs) and not lacking}


def missing(found: Run) -> list[str]:
    """What a thousand kills or more have not shown; fewer need not show it."""
    if found["kills_in_all"] < THOUSAND:
        return []
    few = [kind for kind in TARGETS if found["kills"].get(kind, 0) < LEAST_OF_A_KIND]
    lacks = [f"{kind} killed only {found['kills'].get(kind, 0)} times" for kind in few]
    lacks += [f"failpoint {name} never hit" for name in found["failpoints_missed"]]
    return lacks + [f"{kind} struck in none of the runs" for kind, runs in found["runs_struck_by"].items() if not runs]


def _sum(runs: Sequence[Run], name: str) -> dict[str, Any]:
    return dict(sorted(sum((Counter(run[name]) for run in runs), Counter[str]()).items()))


def _doubts(runs: Sequence[Run]) -> Run:
    return {
        "opened": sum(run["in_doubt"]["opened"] for run in runs),
        "resolved": dict(sum((Counter(run["in_doubt"]["resolved"]) for run in runs), Counter[str]())),
        "open": sum(run["in_doubt"]["open"] for run in runs),
        "oldest_seconds": max(run["in_doubt"]["oldest_seconds"] for run in runs),
    }


def _held(runs: Sequence[Run]) -> Run:
    return {
        "held": dict(sum((Counter(run["held"]["by_channel"]) for run in runs), Counter[str]())),
        "held_unexplained": sum(len(run["held"]["unexplained"]) for run in runs),
    }


def _share(runs: Sequence[Run]) -> Run:
    ought, accepted = (sum(run["share"][name] for run in runs) for name in ("ought", "accepted"))
    skipped = sum((Counter(run["share"]["skipped"]) for run in runs), Counter[str]())
    refused = sum(run["share"]["refused"] for run in runs)
    share = round(accepted / ought, 5) if ought else 1.0
    return {"ought": ought, "accepted": accepted, "share": share, "skipped": dict(skipped), "refused": refused}
