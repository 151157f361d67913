"""The figures of a run, their sum over several, and what people are shown of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from muster_chaos.blows import FAILPOINTS
from muster_chaos.weighing import Doubts, Held, TextedAnswers

EVERY_FAILPOINT = frozenset(name for names in FAILPOINTS.values() for name in names)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one run. Counts by process kind or by name; times in seconds."""

    seed: int
    members: int
    campaigns: int
    kills: Mapping[str, int]
    stalls: Mapping[str, int]
    scalings: int
    fell: Mapping[str, int]
    """Processes that ended though nobody had hit them."""
    failpoints_hit: Mapping[str, int]
    planned: int
    accepted: int
    states: Mapping[str, int]
    lost: int
    duplicates: int
    faults: Sequence[str]
    lost_events: Sequence[str]
    events: int
    answers: TextedAnswers
    in_doubt: Doubts
    held: Held
    """Before a person decided."""
    drain_seconds: float
    stages: Mapping[str, float]

    @property
    def holds(self) -> bool:
        """Nothing lost, nothing twice, and held only what may have been cut after its body."""
        lost = self.lost + self.duplicates + len(self.lost_events) + self.answers.lost + self.answers.invented
        return not lost and not self.faults and not self.held.unexplained

    def shown(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {**asdict(self), "holds": self.holds, "kills_in_all": sum(self.kills.values())}


_SUMMED = ("kills", "stalls", "fell", "failpoints_hit", "states")
_ADDED = ("campaigns", "scalings", "planned", "accepted", "lost", "duplicates", "events", "kills_in_all")


def summed(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of several runs' JSON: sums, all seeds, the slowest drain, and whether every one of them held."""
    found: dict[str, Any] = {"seeds": [run["seed"] for run in runs], "runs": len(runs)}
    for name in _SUMMED:
        found[name] = dict(sorted(sum((Counter(run[name]) for run in runs), Counter[str]()).items()))
    for name in _ADDED:
        found[name] = sum(run[name] for run in runs)
    resolved = sum((Counter(run["in_doubt"]["resolved"]) for run in runs), Counter[str]())
    found["in_doubt"] = {
        "opened": sum(run["in_doubt"]["opened"] for run in runs),
        "resolved": dict(resolved),
        "open": sum(run["in_doubt"]["open"] for run in runs),
        "oldest_seconds": max(run["in_doubt"]["oldest_seconds"] for run in runs),
    }
    found["held"] = dict(sum((Counter(run["held"]["by_channel"]) for run in runs), Counter[str]()))
    found["held_unexplained"] = sum(len(run["held"]["unexplained"]) for run in runs)
    found["lost_events"] = [event for run in runs for event in run["lost_events"]]
    found["answers"] = dict(sum((Counter(run["answers"]) for run in runs), Counter[str]()))
    found["drain_seconds"] = max(run["drain_seconds"] for run in runs)
    found["failpoints_missed"] = sorted(EVERY_FAILPOINT - found["failpoints_hit"].keys())
    found["faults"] = [fault for run in runs for fault in run["faults"]]
    found["holds"] = all(run["holds"] for run in runs)
    return found
