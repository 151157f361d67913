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
    """Base of every error that Muster means to raise."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"


class Refused(MusterError):
    """The request is at fault; repeating it changes nothing.

    `field` names what is at fault; `faults` when there are several.
    """

    status = 422
    title = "Refused"

    def __init__(self, detail: str, *, field: str = "", faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults) or ((Fault(field, detail),) if field else ())


class Unauthenticated(Refused):
    """No valid token or signature."""

    status = 401
    title = "Not authenticated"


class Forbidden(Refused):
    """The token lacks the scope, or is for another branch."""

    status = 403
    title = "Not allowed"


class NotFound(Refused):
    """There is no such thing, or not for this caller."""

    status = 404
    title = "Not found"


class Conflict(Refused):
    """It does not fit the present state."""

    status = 409
    title = "Conflict"


class PreconditionFailed(Refused):
    """If-Match names another version."""

    status = 412
    title = "Changed meanwhile"


class TooLarge(Refused):
    """The body is over the limit."""

    status = 413
    title = "Too large"


class PreconditionRequired(Refused):
    """If-Match is missing."""

    status = 428
    title = "If-Match is needed"


class TooMany(Refused):
    """Too many requests for now.

    `retry_after` in seconds.
    """

    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: float) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(MusterError):
    """A part is down for now; repeating it later may work."""

    status = 503
    title = "Unavailable for now"
