"""Members in requests and responses."""

from datetime import date, datetime
from uuid import UUID

from contracts.enums import MemberStatus
from members.domain import field_types as fields
from members.domain.members.consents import ConsentFields
from members.domain.members.contact_points import ContactPoint
from members.domain.members.edits import MemberFields
from members.domain.members.member import Membership
from pydantic import BaseModel, ConfigDict, Field


class NewConsent(ConsentFields):
    """A consent given or withdrawn, with its evidence."""

    granted: bool = Field(description="Whether it was given (true) or withdrawn (false)", examples=[True])


class NewMember(MemberFields):
    """A new member."""

    membership_number: fields.MembershipNumber
    given_name: fields.GivenName
    family_name: fields.FamilyName
    consents: tuple[NewConsent, ...] = Field(default=(), max_length=20, description="Consents given or withdrawn")


class MemberPatch(MemberFields):
    """Fields that are given replace the present ones, lists as a whole; `birthday` may be null."""

    status: MemberStatus = Field(
        default=MemberStatus.ACTIVE,
        description="`left` and `deceased` stop every message, also those that are queued",
        examples=["left"],
    )


class MemberPurge(fields.Input):
    """Members to erase."""

    member_ids: frozenset[UUID] = Field(
        min_length=1,
        max_length=1000,
        description="Their ids, a thousand at most",
        examples=[["5f8f2f52-7a86-4a26-9a4c-6a6f5b0c8f5d"]],
    )
    reason: fields.ShortText = Field(
        default="erasure", description="Why; published with the erasures, so no personal data", examples=["lapsed"]
    )


class PurgedMembers(BaseModel):
    """What a purge did."""

    erased: int = Field(description="Members who were erased", examples=[1000])
    unknown: tuple[UUID, ...] = Field(
        description="Ids of nobody, or of somebody erased before",
        examples=[["5f8f2f52-7a86-4a26-9a4c-6a6f5b0c8f5d"]],
    )


class _Response(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Consent(_Response):
    """The evidence that counts for one channel and purpose."""

    consent_id: UUID = Field(description="Id of the evidence", examples=["0b0f6d5e-3c52-4a39-b6b0-2f7a52a1d6f1"])
    channel: str = Field(description="`sms` or `email`", examples=["sms"])
    purpose: str = Field(description="Purpose that it is about", examples=["campaign"])
    granted: bool = Field(description="Whether the consent was given (true) or withdrawn (false)", examples=[True])
    source: str = Field(description="Where it was said; `reply` for STOP and START", examples=["membership form"])
    wording_version: str = Field(description="Version of the wording agreed to", examples=["2026-01"])
    at: datetime = Field(description="When it was said", examples=["2026-01-05T10:00:00Z"])


class Member(_Response):
    """A member."""

    member_id: UUID = Field(description="Id of the member", examples=["5f8f2f52-7a86-4a26-9a4c-6a6f5b0c8f5d"])
    version: int = Field(description="Raised by every change; the ETag", examples=[3])
    membership_number: str = Field(description="Unique within the union", examples=["U-10023"])
    status: MemberStatus = Field(description="`active`, `left` or `deceased`", examples=["active"])
    left_on: date | None = Field(description="Day on which they left or died", examples=[None])
    given_name: str = Field(description="Given name", examples=["Ann"])
    family_name: str = Field(description="Family name", examples=["Lee"])
    language: str = Field(description="Language of messages", examples=["en"])
    time_zone: str = Field(description="IANA time zone in which quiet hours are kept", examples=["Europe/London"])
    birthday: date | None = Field(description="Day of birth", examples=["1980-02-29"])
    contact_points: list[ContactPoint] = Field(description="Numbers and addresses")
    memberships: list[Membership] = Field(description="Memberships of bodies, also ended ones")
    interests: list[str] = Field(description="Ids of ordinary interests", examples=[["climate"]])
    sensitive_interests: list[str] = Field(
        description="Ids of interests that are special-category data (GDPR article 9)", examples=[["disabled-members"]]
    )
    consents: list[Consent] = Field(description="The evidence that counts, for each channel and purpose")


class MemberPage(BaseModel):
    """Members in order of id."""

    members: list[Member] = Field(description="At most `limit` members")
    next: UUID | None = Field(
        description="`after` of the following page; null on the last one",
        examples=["5f8f2f52-7a86-4a26-9a4c-6a6f5b0c8f5d"],
    )
