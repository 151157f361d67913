"""A member, and what the other services may see of one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from contracts.enums import MemberStatus
from contracts.members import Consent, ContactPoint, MemberChanged, Membership, SensitiveInterestsChanged
from members.domain.bodies import Tree, in_branch, standing
from members.domain.consents import Evidence, current
from members.domain.contacts import Contact

SENSITIVE = frozenset(
    {"black-members", "disabled-members", "faith-network", "hiv-network", "lgbt-members", "migrant-members"}
)
"""Interests that are special-category in themselves (GDPR article 9), as the union's networks are commonly called."""


@dataclass(frozen=True, slots=True)
class Place:
    """A membership of one body, from a day to a day (both included; None is open)."""

    body: str
    valid_from: date
    valid_to: date | None = None
    employer: str | None = None
    job: str | None = None
    unit: str | None = None

    def holds(self, today: date) -> bool:
        """Whether it has not ended yet; one that begins later already counts as theirs."""
        return self.valid_to is None or self.valid_to >= today


@dataclass(frozen=True, slots=True)
class Member:
    """Everything we know of one person. `membership_number` never leaves this service."""

    member_id: UUID
    version: int
    membership_number: str
    given_name: str
    family_name: str
    status: str = MemberStatus.ACTIVE
    left_on: date | None = None
    language: str = "en"
    time_zone: str = "Europe/London"
    birthday: date | None = None
    contacts: tuple[Contact, ...] = ()
    places: tuple[Place, ...] = ()
    interests: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def bodies(self) -> set[str]:
        """Ids of the bodies they belong or belonged to."""
        return {place.body for place in self.places}

    @property
    def addresses(self) -> list[str]:
        """Numbers and e-mail addresses, in normal form."""
        return [point.address for point in self.contacts]


def split_interests(
    ordinary: Iterable[str], sensitive: Iterable[str], known_sensitive: frozenset[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ordinary and sensitive interests, sorted; a name known to be sensitive never counts as ordinary."""
    named = set(ordinary)
    secret = set(sensitive) | (named & known_sensitive)
    return tuple(sorted(named - secret)), tuple(sorted(secret))


def branch_of(member: Member, tree: Tree, branch: str, today: date) -> bool:
    """Whether they are a member of the branch now."""
    return any(place.holds(today) and in_branch(tree, place.body, branch) for place in member.places)


def snapshot(member: Member, tree: Tree) -> MemberChanged:
    """What goes to `members`. The dead have no contact points: nobody can write to them."""
    contacts = () if member.status == MemberStatus.DECEASED else member.contacts
    return MemberChanged(
        member_id=member.member_id,
        version=member.version,
        status=member.status,
        given_name=member.given_name,
        family_name=member.family_name,
        language=member.language,
        time_zone=member.time_zone,
        birthday=member.birthday,
        contact_points=tuple(
            ContactPoint(
                channel=point.channel, address=point.address, preferred=point.preferred, textable=point.textable
            )
            for point in contacts
        ),
        consents=tuple(
            Consent(
                consent_id=word.consent_id,
                channel=word.channel,
                purpose=purpose,
                granted=word.granted,
                source=word.source,
                wording_version=word.wording_version,
                at=word.at,
            )
            for (_, purpose), word in current(member.evidence).items()
        ),
        memberships=tuple(_membership(place, tree) for place in member.places),
        interests=member.interests,
    )


def _membership(place: Place, tree: Tree) -> Membership:
    where = standing(tree, place.body)
    return Membership(
        body=place.body,
        path=where.path,
        region=where.region,
        region_name=where.region_name,
        branch=where.branch,
        branch_name=where.branch_name,
        employer=place.employer,
        job=place.job,
        unit=place.unit,
        valid_from=place.valid_from,
        valid_to=place.valid_to,
    )


def sensitive_snapshot(member: Member) -> SensitiveInterestsChanged:
    """What goes to `members.sensitive`."""
    return SensitiveInterestsChanged(member_id=member.member_id, version=member.version, interests=member.sensitive)
