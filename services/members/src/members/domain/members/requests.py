"""Request bodies about a member. An unknown field is refused."""

from typing import Annotated

from contracts.enums import Channel, MemberStatus
from members.domain import field_types as fields
from members.domain.input_context import InputContext
from members.domain.members.consents import Evidence
from pydantic import BaseModel, ConfigDict, Field


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class NewContactPoint(_Request):
    """A telephone number or an e-mail address."""

    channel: Channel = Field(description="Channel that the address is for", examples=["sms"])
    address: fields.Address
    label: fields.Slug | None = Field(
        default=None,
        description="Unique within the member; null is `mobile` or `email`. A roll uses `mobile`, `phone`, `email`",
        examples=["mobile"],
    )
    preferred: fields.Preferred = False


class NewMembership(_Request):
    """A membership of one body, from a day to a day (both included)."""

    body: fields.BodyId
    employer: fields.Employer = None
    job: fields.Job = None
    unit: fields.BargainingUnit = None
    valid_from: fields.FirstDay = None
    valid_to: fields.LastDay = None


class NewConsent(_Request):
    """A consent given or withdrawn, with its evidence."""

    channel: fields.ConsentChannel
    purposes: fields.Purposes
    granted: bool = Field(description="Whether it was given (true) or withdrawn (false)", examples=[True])
    source: fields.ConsentSource
    wording_version: fields.WordingVersion
    at: fields.ConsentTime

    def evidence(self, context: InputContext) -> Evidence:
        """The same under a random id. Raises Refused for the future."""
        context.refuse_future(self.at, "at")
        return Evidence.new(
            self.channel,
            self.purposes,
            granted=self.granted,
            source=self.source,
            wording_version=self.wording_version,
            at=self.at,
        )


ContactPoints = Annotated[tuple[NewContactPoint, ...], Field(max_length=10, description="Numbers and addresses")]
Memberships = Annotated[tuple[NewMembership, ...], Field(max_length=20, description="Memberships of bodies")]


class NewMember(_Request):
    """Somebody new."""

    membership_number: fields.MembershipNumber
    given_name: fields.GivenName
    family_name: fields.FamilyName
    language: fields.Language = "en"
    time_zone: fields.TimeZone = "Europe/London"
    birthday: fields.Birthday = None
    contact_points: ContactPoints = ()
    memberships: Memberships = ()
    interests: fields.Interests = ()
    sensitive_interests: fields.SensitiveInterests = ()
    consents: tuple[NewConsent, ...] = Field(default=(), max_length=20, description="Consents given or withdrawn")


class MemberPatch(_Request):
    """Fields that are given replace the present ones, lists as a whole; `birthday` may be null."""

    given_name: fields.GivenName = ""
    family_name: fields.FamilyName = ""
    language: fields.Language = "en"
    time_zone: fields.TimeZone = "Europe/London"
    birthday: fields.Birthday = None
    status: MemberStatus = Field(
        default=MemberStatus.ACTIVE,
        description="`left` and `deceased` stop every message, also those that are queued",
        examples=["left"],
    )
    contact_points: ContactPoints = ()
    memberships: Memberships = ()
    interests: fields.Interests = ()
    sensitive_interests: fields.SensitiveInterests = ()
