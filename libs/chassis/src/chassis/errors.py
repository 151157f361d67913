"""The error tree: refused for good, or unavailable for now. Anything else is a bug.

MusterError
├── Refused              422  the request, row or event is at fault; repeating it changes nothing
│   ├── Unauthenticated  401
│   ├── Forbidden        403
│   ├── NotFound         404
│   ├── Conflict         409
│   ├── PreconditionFailed    412
│   ├── TooLarge         413
│   ├── PreconditionRequired  428
│   └── TooMany          429  may be repeated after `retry_after` seconds
└── Unavailable          503  a part is down for now; repeating it later may work
    └── TooSlow          503  the database took longer than a read may take
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was given: the field by its path, and why."""

    field: str
    reason: str


class MusterError(Exception):
    """Base of every error that Muster means to raise. A subclass names its HTTP status and title."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init_subclass__(cls, *, status: int = 0, title: str = "") -> None:
        cls.status, cls.title = status or cls.status, title or cls.title


class Refused(MusterError, status=422, title="Refused"):
    """The request is at fault; repeating it changes nothing.

    `field` names what is at fault; `faults` when there are several.
    """

    def __init__(self, detail: str, *, field: str = "", faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults) or ((Fault(field, detail),) if field else ())


class Unauthenticated(Refused, status=401, title="Not authenticated"):
    """No valid token or signature."""


class Forbidden(Refused, status=403, title="Not allowed"):
    """The token lacks the scope, or is for another branch."""


class NotFound(Refused, status=404, title="Not found"):
    """There is no such thing, or not for this caller."""


class Conflict(Refused, status=409, title="Conflict"):
    """It does not fit the present state."""


class PreconditionFailed(Refused, status=412, title="Changed meanwhile"):
    """If-Match names another version."""


class TooLarge(Refused, status=413, title="Too large"):
    """The body is over the limit."""


class PreconditionRequired(Refused, status=428, title="If-Match is needed"):
    """If-Match is missing."""


class TooMany(Refused, status=429, title="Too many requests"):
    """Too many requests for now.

    `retry_after` in seconds.
    """

    def __init__(self, detail: str, *, retry_after: float) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(MusterError, status=503, title="Unavailable for now"):
    """A part is down for now; repeating it later may work."""

    retry_after: ClassVar[float] = 5


class TooSlow(Unavailable, title="Took too long"):
    """The database took longer than a read may take."""
