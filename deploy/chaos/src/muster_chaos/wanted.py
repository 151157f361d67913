"""What a run is asked to be, and whether one that is done was asked to be the same."""

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from muster_chaos import scaled

RUN_PACE, SERIES_PACE = 2.5, 1.6
"""Seconds between two blows. A series has less: its runs are long, and what is still down is waited for anyhow."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is asked to be. Times in seconds."""

    seed: int
    kills: int
    members: int
    pace_seconds: float = RUN_PACE
    commit: str = ""
    """Of the code that is tried, as `commit()` tells it."""

    def asked(self) -> dict[str, Any]:
        """Everything that makes two runs comparable; kept with the figures."""
        return {
            "kills_wanted": self.kills,
            "members": self.members,
            "pace_seconds": self.pace_seconds,
            "scale": scaled.scale(),
            "commit": self.commit,
        }

    def done_by(self, found: Mapping[str, Any]) -> bool:
        """Whether a run's figures answer this very question, and it held: only then need it not be run again."""
        asked = self.asked() | {"seed": self.seed}
        return found.get("holds") is True and {name: found.get(name) for name in asked} == asked


def commit() -> str:
    """The commit, with a digest of what was changed since; empty outside of a repository."""
    revision, changed = _git("rev-parse", "HEAD"), _git("diff", "HEAD")
    digest = hashlib.sha256(changed.encode()).hexdigest()[:8]
    return f"{revision.strip()[:12]}+{digest}" if changed else revision.strip()[:12]


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""
