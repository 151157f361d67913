"""What other union systems may say about a member's record. Strict: an unknown field is refused.

Only the front door knows these; on Kafka they become `member.changed.v1` snapshots.
"""

from typing import Annotated, Any, ClassVar

from contracts.enums import Channel, Purpose
from contracts.field_types import Day, Moment
from members.domain.text import Language, MembershipNumber, Name, Slug, TimeZone, Wording, Words
from pydantic import BaseModel, ConfigDict, Field

Address = Annotated[str, Field(min_length=1, max_length=320)]
Label = Annotated[str, Field(pattern=r"^(?:mobile|phone|email)$")]
Slugs = Annotated[tuple[Slug, ...], Field(max_length=50)]


class MemberFact(BaseModel):
    """Base: every fact names the member by the number both sides know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    type_name: ClassVar[str] = ""
    known: ClassVar[dict[str, type["MemberFact"]]] = {}

    membership_number: MembershipNumber

    def __init_subclass__(cls, *, type: str = "", **kwargs: Any) -> None:  # noqa: A002 - the envelope's own word
        super().__init_subclass__(**kwargs)
        cls.type_name = type
        if type:
            MemberFact.known[type] = cls


class MemberJoined(MemberFact, type="member.joined.v1"):
    """Somebody joined, or a second branch has them: fills in what is known, removes nothing."""

    given_name: Name
    family_name: Name
    branch: Slug
    workplace: Slug | None = None
    employer: Words | None = None
    job: Words | None = None
    unit: Words | None = None
    joined: Day | None = None
    mobile: Address | None = None
    phone: Address | None = None
    email: Address | None = None
    language: Language | None = None
    time_zone: TimeZone | None = None
    birthday: Day | None = None
    interests: Slugs = ()
    sensitive_interests: Slugs = ()


class MemberDetailsChanged(MemberFact, type="member.details-changed.v1"):
    """What is given replaces what was known."""

    given_name: Name | None = None
    family_name: Name | None = None
    language: Language | None = None
    time_zone: TimeZone | None = None
    birthday: Day | None = None


class MemberContactChanged(MemberFact, type="member.contact-changed.v1"):
    """A contact point set, or removed by `address` null."""

    label: Label
    address: Address | None
    preferred: bool = False


class MemberMembershipChanged(MemberFact, type="member.membership-changed.v1"):
    """A membership of one body begun, changed or (with `valid_to`) ended."""

    body: Slug
    employer: Words | None = None
    job: Words | None = None
    unit: Words | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None


class MemberInterestsChanged(MemberFact, type="member.interests-changed.v1"):
    """Interests taken up or dropped; `sensitive` for those that are special-category in themselves."""

    added: Slugs = ()
    removed: Slugs = ()
    sensitive: bool = False


class _ConsentFact(MemberFact):
    channel: Channel
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1, max_length=len(Purpose))]
    source: Wording
    wording_version: Wording
    at: Moment


class MemberConsentGiven(_ConsentFact, type="member.consent-given.v1"):
    """They agreed to be written to; counts unless a later word stands."""


class MemberConsentWithdrawn(_ConsentFact, type="member.consent-withdrawn.v1"):
    """They no longer agree."""


class MemberLeft(MemberFact, type="member.left.v1"):
    """They left the union, or one body of it."""

    on: Day | None = None
    body: Slug | None = None


class MemberDied(MemberFact, type="member.died.v1"):
    """Stops everything, also what is queued."""

    on: Day | None = None
