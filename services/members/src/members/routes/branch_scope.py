"""Routes that a token limited to one branch may not use."""

from chassis.errors import Forbidden
from chassis.http.auth import Caller, Needs
from fastapi import Request


class NeedsUnionWide(Needs):
    """A dependency: the caller, if their token carries the scope and is not limited to one branch."""

    async def __call__(self, request: Request) -> Caller:
        caller = await super().__call__(request)
        if caller.branch is not None:
            raise Forbidden("a token of one branch cannot do this for the whole union")
        return caller
