"""What becomes of a person of a roll."""

from collections.abc import Iterable
from datetime import date

from chassis.errors import Conflict, Fault, Refused
from members.domain.imports.rows import Rejection
from members.domain.members.member import Member
from members.domain.members.merge import SubmittedMember, merge, new_member
from members.domain.units import UnitTree


def check_outcome(before: Member | None, submitted: SubmittedMember, today: date) -> str:
    """`new`, `changed` or `unchanged`. Raises Refused.

    Only a present member's record can refuse a person, so that the many new people of a first roll need no merge.
    """
    return "new" if before is None else outcome(before, merge(before, submitted, today))


def outcome(before: Member | None, after: Member) -> str:
    """`new`, `changed` or `unchanged`."""
    return "new" if before is None else "unchanged" if before == after else "changed"


def apply_person(before: Member | None, submitted: SubmittedMember, tree: UnitTree, today: date) -> Member:
    """The member afterwards. Raises Refused, also for a body that was removed since the check."""
    if any(membership.body not in tree for membership in submitted.memberships):
        raise Conflict("is not the id of a body any more", field="branch")
    return new_member(submitted, today) if before is None else merge(before, submitted, today)


def rejections(
    rows: Iterable[tuple[int, tuple[str, ...]]], membership_number: str, refused: Refused
) -> list[Rejection]:
    """Every row of a person who was refused, given by line and cells."""
    fault = refused.faults[0] if refused.faults else Fault("membership_number", refused.detail)
    return [Rejection(line, fault.field, fault.reason, cells, membership_number) for line, cells in rows]
