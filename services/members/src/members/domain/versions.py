"""Who changes something says which version they saw: If-Match, or nothing for something new."""

import re
from dataclasses import dataclass

from chassis.errors import PreconditionFailed, PreconditionRequired, Refused

_TAGS = re.compile(r'\A\s*(?:W/)?"[^"]*"(?:\s*,\s*(?:W/)?"[^"]*")*\s*\Z')


@dataclass(frozen=True, slots=True)
class Expected:
    """`tags` None: nothing was said. `*` is any version."""

    tags: frozenset[str] | None = None

    def must_match(self, version: int | None) -> None:
        """`version` None is something that does not exist yet. Raises PreconditionRequired or PreconditionFailed."""
        if self.tags is None:
            if version is not None:
                raise PreconditionRequired("say in If-Match which version you change")
            return
        if version is None or not self.tags & {"*", etag(version)}:
            raise PreconditionFailed("it is not the version that If-Match names")

    def must_match_if_given(self, version: int) -> None:
        """For what may be done whatever the version."""
        if self.tags is not None:
            self.must_match(version)


def etag(version: int) -> str:
    """A strong entity tag."""
    return f'"{version}"'


def expected(if_match: str | None) -> Expected:
    """Read an If-Match header. A weak tag never matches (RFC 9110, 13.1.1)."""
    if if_match is None:
        return Expected()
    if if_match.strip() == "*":
        return Expected(frozenset({"*"}))
    if not _TAGS.match(if_match):
        raise Refused('write it as "<version>"', field="If-Match")
    return Expected(frozenset(tag.strip() for tag in if_match.split(",")))
