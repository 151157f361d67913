"""Which members a caller asks for."""

from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from chassis.errors import Forbidden
from members.domain.members.branch_scope import ANOTHER_BRANCH


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """None does not filter. `after` and `limit` choose the page, in order of id."""

    branch: str | None = None
    membership_number: str | None = None
    status: str | None = None
    after: UUID | None = None
    limit: int = 100

    def limited_to(self, branch: str | None) -> Self:
        """The same for a caller limited to one branch. Raises Forbidden when another was asked for."""
        if branch is None:
            return self
        if self.branch not in (None, branch):
            raise Forbidden(ANOTHER_BRANCH)
        return replace(self, branch=branch)
