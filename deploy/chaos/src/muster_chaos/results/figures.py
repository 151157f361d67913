"""The figures of one run, as they are kept in its JSON file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from muster_chaos.results.acceptance_share import Share
from muster_chaos.results.held_emails import Held
from muster_chaos.results.measurements import Doubts, TextedAnswers
from muster_chaos.results.opt_outs import OptOuts


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one run. Counts by process kind or by name; times in seconds."""

    seed: int
    asked: Mapping[str, object]
    """Its request: kills, members, pace, scale, code, incidents."""
    settings: Mapping[str, Mapping[str, str]]
    """By service, beside the stack's own."""
    campaigns: int
    kills: Mapping[str, int]
    stalls: Mapping[str, int]
    scalings: int
    incident_seconds: Mapping[str, float]
    """How long each incident took."""
    erased: int
    imported: int
    fell: Mapping[str, int]
    """Processes that ended by themselves."""
    gave_up: Mapping[str, int]
    """Ended at their start because a server was down."""
    failpoints_hit: Mapping[str, int]
    faults_hit: Mapping[str, int]
    """The providers' faults that were injected."""
    planned: int
    accepted: int
    share: Share
    states: Mapping[str, int]
    lost: int
    duplicates: int
    faults: Sequence[str]
    lost_events: Sequence[str]
    events: int
    answers: TextedAnswers
    opt_outs: OptOuts
    accepted_in_stops: Sequence[str]
    in_doubt: Doubts
    held: Held
    """Before an operator decided."""
    drain_seconds: float
    stages: Mapping[str, float]

    @property
    def holds(self) -> bool:
        """Nothing lost, nothing sent twice, nearly all that could be accepted was, nothing held but what may have been
        interrupted after its body, and no process ended by itself."""
        lost = self.lost + self.duplicates + len(self.lost_events) + self.answers.lost + self.answers.invented
        return not lost and not self.disagreements() and not self.held.unexplained

    def disagreements(self) -> list[str]:
        """What does not agree, as sentences."""
        fell = [f"{kind} ended by itself {times} times" for kind, times in sorted(self.fell.items()) if times]
        return [*self.faults, *self.share.faults(), *fell, *self.accepted_in_stops, *self.opt_outs.faults]

    def shown(self) -> dict[str, object]:
        """As kept in JSON."""
        found = asdict(self)
        asked = found.pop("asked")
        found |= {"share": self.share.shown(), "faults": self.disagreements()}
        return {**asked, **found, "holds": self.holds, "kills_in_all": sum(self.kills.values())}
