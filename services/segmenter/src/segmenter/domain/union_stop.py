"""The union-wide stop."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionStop:
    """The last stop or lift of all sending. `version` 0: there was none."""

    stopped: bool = False
    reason: str = ""
    version: int = 0
    by: str | None = None
    at: datetime | None = None
