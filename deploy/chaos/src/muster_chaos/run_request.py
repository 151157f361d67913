"""What a run is asked for, and whether a finished run was asked for the same."""

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from muster_chaos import time_scale
from muster_chaos.incidents.plan import INCIDENTS, Incident

_RUN = ("libs", "services", "deploy", "requirements.lock")
RUN_PACE, SERIES_PACE = 2.5, 1.6
"""Seconds between two disruptions. Fewer in a series: its runs are long, and a disruption waits for its target."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run is asked for."""

    seed: int
    kills: int
    members: int
    pace_seconds: float = RUN_PACE
    code: str = ""
    """The digest of the code, from `code()`."""
    incidents: tuple[Incident, ...] = INCIDENTS

    def asked(self) -> dict[str, object]:
        """All that makes two runs comparable; kept with the figures."""
        return {
            "kills_wanted": self.kills,
            "members": self.members,
            "pace_seconds": self.pace_seconds,
            "scale": time_scale.scale(),
            "code": self.code,
            "incidents": list(self.incidents),
        }

    def done_by(self, found: Mapping[str, object]) -> bool:
        """Whether these figures are of a run with the same request that held: then it need not be repeated."""
        asked = self.asked() | {"seed": self.seed}
        return found.get("holds") is True and {name: found.get(name) for name in asked} == asked


def code(root: Path = Path()) -> str:
    """A digest of all code that a run executes: a change of tests or documents needs no other run. Empty outside of a
    repository."""
    trees = _git(root, "rev-parse", *(f"HEAD:./{name}" for name in _RUN))
    changed = _git(root, "diff", "HEAD", "--", *_RUN)
    return hashlib.sha256(f"{trees}{changed}".encode()).hexdigest()[:12] if trees else ""


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""
