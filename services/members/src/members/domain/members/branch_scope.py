"""What a token that is limited to one branch may read and write."""

from datetime import date

from chassis.errors import Forbidden
from members.domain.members.member import Member, Membership
from members.domain.units import UnitTree, is_within

ANOTHER_BRANCH = "the token is for another branch's members"


def refuse_other_members(member: Member, tree: UnitTree, branch: str | None, today: date) -> None:
    """A limited caller reaches the branch's present members only. Raises Forbidden."""
    if branch is not None and not member.is_in(tree, branch, today):
        raise Forbidden(ANOTHER_BRANCH)


def refuse_other_memberships(before: Member | None, after: Member, tree: UnitTree, branch: str | None) -> None:
    """A limited caller writes memberships of the branch only, and of existing bodies. Raises Forbidden."""
    if branch is None:
        return
    if _outside(before, tree, branch) != _outside(after, tree, branch):
        raise Forbidden("the token is for the memberships of another branch")
    if before is None and not after.memberships:
        raise Forbidden("the token is for one branch; name it in memberships")


def _outside(member: Member | None, tree: UnitTree, branch: str) -> set[Membership]:
    return {each for each in (member.memberships if member else ()) if not is_within(tree, each.body, branch)}
