"""A member in responses."""

from datetime import date, datetime
from uuid import UUID

from contracts.enums import MemberStatus
from pydantic import BaseModel, ConfigDict, Field


class _Response(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ContactPoint(_Response):
    """A telephone number or an e-mail address."""

    label: str = Field(description="Unique within the member", examples=["mobile"])
    channel: str = Field(description="`sms` or `email`", examples=["sms"])
    address: str = Field(description="Number as E.164, or e-mail address", examples=["+447700900123"])
    preferred: bool = Field(description="Whether the member prefers it", examples=[True])
    textable: bool = Field(description="Whether it is a number that can be texted", examples=[True])


class Membership(_Response):
    """A membership of one body, from a day to a day (both included)."""

    body: str = Field(description="Id of the body", examples=["leeds"])
    valid_from: date = Field(description="First day", examples=["2019-09-01"])
    valid_to: date | None = Field(description="Last day; null is open", examples=[None])
    employer: str | None = Field(description="Name of the employer", examples=["City College"])
    job: str | None = Field(description="Job title", examples=["lecturer"])
    unit: str | None = Field(description="Bargaining unit", examples=["teaching staff"])


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
