"""What a run is asked to be, and whether one that is done was asked to be the same."""

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from muster_chaos import time_scale

_RUN = ("libs", "services", "deploy", "requirements.lock")
RUN_PACE, SERIES_PACE = 2.5, 1.6
"""Seconds between two blows. A series has less: its runs are long, and what is still down is waited for anyhow."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run is asked to be. Times in seconds."""

    seed: int
    kills: int
    members: int
    pace_seconds: float = RUN_PACE
    code: str = ""
    """What is tried, as `code()` tells it."""

    def asked(self) -> dict[str, Any]:
        """Everything that makes two runs comparable; kept with the figures."""
        return {
            "kills_wanted": self.kills,
            "members": self.members,
            "pace_seconds": self.pace_seconds,
            "scale": time_scale.scale(),
            "code": self.code,
        }

    def done_by(self, found: Mapping[str, Any]) -> bool:
        """Whether a run's figures answer this very question, and it held: only then need it not be run again."""
        asked = self.asked() | {"seed": self.seed}
        return found.get("holds") is True and {name: found.get(name) for name in asked} == asked


def code(root: Path = Path()) -> str:
    """A digest of all that a run executes, so that a change of its tests or of a text does not call for another run;
    empty outside of a repository."""
    trees = _git(root, "rev-parse", *(f"HEAD:./{name}" for name in _RUN))
    changed = _git(root, "diff", "HEAD", "--", *_RUN)
    return hashlib.sha256(f"{trees}{changed}".encode()).hexdigest()[:12] if trees else ""


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""
