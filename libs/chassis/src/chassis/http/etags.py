"""Versions as entity tags: a change names in If-Match the version that it is based on (RFC 9110, 13.1.1)."""

import re
from dataclasses import dataclass
from typing import Annotated

from chassis.errors import PreconditionFailed, PreconditionRequired, Refused
from fastapi import Depends, Header

_TAGS = re.compile(r'\A\s*(?:W/)?"[^"]*"(?:\s*,\s*(?:W/)?"[^"]*")*\s*\Z')
_DESCRIPTION = "The ETag of the version that is to be changed, or * for any"


@dataclass(frozen=True, slots=True)
class Expected:
    """The versions that the caller would change. `tags` None: no If-Match was sent. `*` is any version."""

    tags: frozenset[str] | None = None

    def must_match(self, version: int | None) -> None:
        """`version` None is something that does not exist yet. Raises PreconditionRequired or PreconditionFailed."""
        if self.tags is None:
            if version is not None:
                raise PreconditionRequired("say in If-Match which version you change", field="If-Match")
            return
        if version is None or not self.tags & {"*", etag(version)}:
            raise PreconditionFailed("it is not the version that If-Match names", field="If-Match")

    def must_match_if_given(self, version: int) -> None:
        """For what may be done whatever the version."""
        if self.tags is not None:
            self.must_match(version)


def etag(version: int) -> str:
    """A strong entity tag."""
    return f'"{version}"'


def expected(if_match: str | None) -> Expected:
    """Read an If-Match header. A weak tag never matches."""
    if if_match is None:
        return Expected()
    if if_match.strip() == "*":
        return Expected(frozenset({"*"}))
    if not _TAGS.match(if_match):
        raise Refused('write it as "<version>"', field="If-Match")
    return Expected(frozenset(tag.strip() for tag in if_match.split(",")))


def _required(if_match: Annotated[str, Header(description=_DESCRIPTION, examples=['"3"'])]) -> Expected:
    return expected(if_match)


def _optional(if_match: Annotated[str | None, Header(description=_DESCRIPTION, examples=['"3"'])] = None) -> Expected:
    return expected(if_match)


IfMatch = Annotated[Expected, Depends(_required)]
"""A parameter of a route that changes something that exists: without the header 428 is the answer."""
OptionalIfMatch = Annotated[Expected, Depends(_optional)]
"""A parameter of a route that also creates, or changes whatever the version."""
