"""Events that members publishes about a member: a snapshot, and one of sensitive interests apart."""

from contracts.enums import MemberStatus
from contracts.events import members as contract
from members.domain.members.member import Member, Membership
from members.domain.units import UnitKind, UnitTree, lineage


def member_changed(member: Member, tree: UnitTree) -> contract.MemberChanged:
    """For the topic `members`. A member who died has no contact points there: no message can be sent to them."""
    points = () if member.status == MemberStatus.DECEASED else member.contact_points
    return contract.MemberChanged(
        member_id=member.member_id,
        version=member.version,
        status=member.status,
        given_name=member.given_name,
        family_name=member.family_name,
        language=member.language,
        time_zone=member.time_zone,
        birthday=member.birthday,
        contact_points=tuple(
            contract.ContactPoint(
                channel=point.channel, address=point.address, preferred=point.preferred, textable=point.textable
            )
            for point in points
        ),
        consents=member.consents,
        memberships=tuple(_membership(membership, tree) for membership in member.memberships),
        interests=member.interests,
    )


def _membership(membership: Membership, tree: UnitTree) -> contract.Membership:
    units = lineage(tree, membership.body)
    region, branch = units.get(UnitKind.REGION), units.get(UnitKind.BRANCH)
    return contract.Membership(
        body=membership.body,
        path=tree[membership.body].path,
        region=region.id if region else None,
        region_name=region.name if region else None,
        branch=branch.id if branch else None,
        branch_name=branch.name if branch else None,
        employer=membership.employer,
        job=membership.job,
        unit=membership.unit,
        valid_from=membership.valid_from,
        valid_to=membership.valid_to,
    )


def sensitive_interests_changed(member: Member) -> contract.SensitiveInterestsChanged:
    """For the topic `members.sensitive`."""
    return contract.SensitiveInterestsChanged(
        member_id=member.member_id, version=member.version, interests=member.sensitive_interests
    )
