"""A member with contact points, memberships, interests and consents."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from chassis.errors import Refused
from contracts.enums import MemberStatus
from contracts.events.members import Consent
from members.domain import field_types as fields
from members.domain.members.consents import Evidence, current
from members.domain.members.contact_points import ContactPoint
from members.domain.units import UnitTree, is_within
from pydantic import Field


@dataclass(frozen=True, slots=True)
class Membership:
    """A membership of one body, from a day to a day (both included)."""

    body: fields.BodyId
    valid_from: Annotated[date, Field(description="First day", examples=["2019-09-01"])]
    valid_to: fields.LastDay
    employer: fields.Employer
    job: fields.Job
    unit: fields.BargainingUnit

    def is_open(self, today: date) -> bool:
        """Whether it has not ended yet; one that begins later is open too."""
        return self.valid_to is None or self.valid_to >= today


class NewMembership(fields.Input):
    """A membership of one body, from a day to a day (both included)."""

    body: fields.BodyId
    employer: fields.Employer = None
    job: fields.Job = None
    unit: fields.BargainingUnit = None
    valid_from: fields.FirstDay = None
    valid_to: fields.LastDay = None

    def membership(self, today: date) -> Membership:
        """The membership; `valid_from` None is today."""
        return Membership(self.body, self.valid_from or today, self.valid_to, self.employer, self.job, self.unit)


@dataclass(frozen=True, slots=True)
class Member:
    """`membership_number` never leaves this service except to callers of its API."""

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
    contact_points: tuple[ContactPoint, ...] = ()
    memberships: tuple[Membership, ...] = ()
    interests: tuple[str, ...] = ()
    sensitive_interests: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def bodies(self) -> set[str]:
        """Ids of the bodies of all memberships, also of ended ones."""
        return {membership.body for membership in self.memberships}

    @property
    def addresses(self) -> list[str]:
        """Numbers and e-mail addresses, in normal form."""
        return [point.address for point in self.contact_points]

    @property
    def consents(self) -> tuple[Consent, ...]:
        """The evidence that counts, one item for each channel and purpose."""
        return tuple(
            Consent(
                consent_id=evidence.consent_id,
                channel=evidence.channel,
                purpose=purpose,
                granted=evidence.granted,
                source=evidence.source,
                wording_version=evidence.wording_version,
                at=evidence.at,
            )
            for (_, purpose), evidence in current(self.evidence).items()
        )

    def is_in(self, tree: UnitTree, body: str, today: date) -> bool:
        """Whether they have an open membership of the body or of one beneath it."""
        return any(
            membership.is_open(today) and is_within(tree, membership.body, body) for membership in self.memberships
        )


def split_interests(
    ordinary: Iterable[str], sensitive: Iterable[str], known_sensitive: frozenset[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ordinary and sensitive interests, each sorted; a name known to be sensitive never counts as ordinary."""
    all_ordinary = set(ordinary)
    all_sensitive = set(sensitive) | (all_ordinary & known_sensitive)
    return tuple(sorted(all_ordinary - all_sensitive)), tuple(sorted(all_sensitive))


def refuse_nameless(given_name: str, family_name: str) -> None:
    """Raises Refused where both are blank. A person may have one name only."""
    if not given_name and not family_name:
        raise Refused("is blank, and so is family_name", field="given_name")


def changed_fields(before: Member | None, after: Member) -> list[str]:
    """Names of the fields that differ, without `version` and `evidence`; none for a new member."""
    names = [name for name in Member.__slots__ if name not in ("version", "evidence")]
    return [name for name in names if before is not None and getattr(before, name) != getattr(after, name)]
