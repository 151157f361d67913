"""What several routes need: the version a caller saw, and callers with union-wide reach."""

from typing import Annotated

from chassis.errors import Forbidden
from chassis.http.auth import Caller
from fastapi import Depends, Header, Path
from members.domain.text import Slug
from members.domain.versions import Expected, expected


def _expected(if_match: Annotated[str | None, Header(description='"<version>", or *')] = None) -> Expected:
    return expected(if_match)


IfMatch = Annotated[Expected, Depends(_expected)]
BodyId = Annotated[Slug, Path(description="Id of the body")]


def union_wide(caller: Caller) -> Caller:
    """Raises Forbidden for a token of one branch."""
    if caller.branch is not None:
        raise Forbidden("a token of one branch cannot do this for the whole union")
    return caller
