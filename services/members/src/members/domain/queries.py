"""Which members a caller asks for."""

from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from chassis.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; None asks for all."""

    branch: str | None = None
    membership_number: str | None = None
    status: str | None = None
    after: UUID | None = None
    limit: int = 100

    def limited_to(self, branch: str | None) -> Self:
        """The same for a caller who sees one branch. Raises Forbidden when another was asked for."""
        if branch is None:
            return self
        if self.branch not in (None, branch):
            raise Forbidden("the token is for another branch's members")
        return replace(self, branch=branch)
