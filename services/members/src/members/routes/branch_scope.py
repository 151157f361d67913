"""Routes that a token limited to one branch may not use."""

from chassis.errors import Forbidden
from chassis.http.auth import Caller


def require_union_wide(caller: Caller) -> None:
    """Raises Forbidden for a token that is limited to one branch."""
    if caller.branch is not None:
        raise Forbidden("a token of one branch cannot do this for the whole union")
