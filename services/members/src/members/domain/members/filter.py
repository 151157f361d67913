"""Which members a caller asks for."""

from typing import Annotated, Self
from uuid import UUID

from chassis.errors import Forbidden
from contracts.enums import MemberStatus
from members.domain.field_types import BodyId, Input, MembershipNumber
from members.domain.members.branch_scope import ANOTHER_BRANCH
from pydantic import Field


class MemberFilter(Input):
    """None does not filter. `after` and `limit` choose the page, in order of id."""

    branch: Annotated[
        BodyId | None, Field(description="Present members of this body and of those beneath it", examples=["leeds"])
    ] = None
    membership_number: Annotated[MembershipNumber | None, Field(description="The member of this number")] = None
    status: Annotated[MemberStatus | None, Field(description="Members of this status")] = None
    after: Annotated[
        UUID | None, Field(description="`next` of the page before", examples=["5f8f2f52-7a86-4a26-9a4c-6a6f5b0c8f5d"])
    ] = None
    limit: Annotated[int, Field(ge=1, le=1000, description="Most members on a page")] = 100

    def limited_to(self, branch: str | None) -> Self:
        """The same for a caller limited to one branch. Raises Forbidden when another was asked for."""
        if branch is None:
            return self
        if self.branch not in (None, branch):
            raise Forbidden(ANOTHER_BRANCH)
        return self.model_copy(update={"branch": branch})
