"""Events about a member that other union systems may post. An unknown field is refused.

Only this service knows them: on Kafka they become `member.changed.v1` snapshots.
"""

from typing import Annotated, ClassVar

from contracts.field_types import Day
from members.domain import field_types as fields
from members.domain.members.consents import ConsentFields
from members.domain.members.member import NewMembership
from pydantic import Field

EffectiveDay = Annotated[Day | None, Field(description="Day of the event; null is today", examples=["2026-03-31"])]


class PostedMemberEvent(fields.Input):
    """Base: every event names the member by the membership number."""

    type_name: ClassVar[str] = ""

    membership_number: fields.MembershipNumber


class MemberJoined(PostedMemberEvent):
    """A person joined the union, or a second branch. Adds to what is known, removes nothing."""

    type_name = "member.joined.v1"

    given_name: fields.GivenName
    family_name: fields.FamilyName
    branch: fields.BranchId
    workplace: fields.Slug | None = Field(
        default=None, description="Id of a workplace in that branch", examples=["leeds-city-college"]
    )
    employer: fields.Employer = None
    job: fields.Job = None
    unit: fields.BargainingUnit = None
    joined: Annotated[Day | None, Field(description="First day; null is today", examples=["2019-09-01"])] = None
    mobile: fields.AddressText | None = Field(None, description="Number that can be texted", examples=["07700 900123"])
    phone: fields.AddressText | None = Field(None, description="Another number", examples=["020 7946 0018"])
    email: fields.AddressText | None = Field(None, description="E-mail address", examples=["ann.lee@example.org"])
    language: fields.OptionalLanguage = None
    time_zone: fields.OptionalTimeZone = None
    birthday: fields.Birthday = None
    interests: fields.Interests = ()
    sensitive_interests: fields.SensitiveInterests = ()


class MemberDetailsChanged(PostedMemberEvent):
    """Fields that are given replace the present ones."""

    type_name = "member.details-changed.v1"

    given_name: fields.OptionalGivenName = None
    family_name: fields.OptionalFamilyName = None
    language: fields.OptionalLanguage = None
    time_zone: fields.OptionalTimeZone = None
    birthday: fields.Birthday = None


class MemberContactChanged(PostedMemberEvent):
    """A contact point set, or removed by `address` null."""

    type_name = "member.contact-changed.v1"

    label: str = Field(
        pattern=r"^(?:mobile|phone|email)$", description="`mobile`, `phone` or `email`", examples=["mobile"]
    )
    address: fields.AddressText | None = Field(
        description="Number or e-mail address; null removes the contact point", examples=["07700 900123"]
    )
    preferred: fields.Preferred = False


class MemberMembershipChanged(NewMembership, PostedMemberEvent):
    """A membership of one body begun, changed or (with `valid_to`) ended."""

    type_name = "member.membership-changed.v1"


class MemberInterestsChanged(PostedMemberEvent):
    """Interests added or removed."""

    type_name = "member.interests-changed.v1"

    added: Annotated[fields.Interests, Field(description="Ids of interests to add", examples=[["climate"]])] = ()
    removed: Annotated[fields.Interests, Field(description="Ids of interests to remove", examples=[["pensions"]])] = ()
    sensitive: bool = Field(
        default=False, description="Whether those added are special-category data", examples=[False]
    )


class MemberConsentGiven(ConsentFields, PostedMemberEvent):
    """A consent; later evidence replaces it."""

    type_name = "member.consent-given.v1"


class MemberConsentWithdrawn(ConsentFields, PostedMemberEvent):
    """A withdrawal of consent; later evidence replaces it."""

    type_name = "member.consent-withdrawn.v1"


class MemberLeft(PostedMemberEvent):
    """The member left the union, or one body of it."""

    type_name = "member.left.v1"

    on: EffectiveDay = None
    body: fields.Slug | None = Field(None, description="Id of the body; null is the union", examples=["leeds"])


class MemberDied(PostedMemberEvent):
    """The member died: stops every message, also those that are queued."""

    type_name = "member.died.v1"

    on: EffectiveDay = None


MEMBER_EVENTS: dict[str, type[PostedMemberEvent]] = {
    kind.type_name: kind
    for kind in (
        *(MemberJoined, MemberDetailsChanged, MemberContactChanged, MemberMembershipChanged, MemberInterestsChanged),
        *(MemberConsentGiven, MemberConsentWithdrawn, MemberLeft, MemberDied),
    )
}
