"""Types of the fields that callers may send, with their descriptions."""

from collections.abc import Callable
from typing import Annotated
from zoneinfo import available_timezones

from contracts.enums import Channel, Purpose
from contracts.field_types import Day, Moment
from contracts.plain_text import clean
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

_TIME_ZONES = available_timezones()
MAX_MEMBERSHIP_NUMBER_LENGTH = 40
MAX_ADDRESS_LENGTH = 320


class Input(BaseModel):
    """Base of what callers send. An unknown field is refused; an error does not hold the value."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _time_zone(value: str) -> str:
    if value not in _TIME_ZONES:
        raise ValueError("is not a time zone such as Europe/London")
    return value


def _not_blank(value: str) -> str:
    if not value:
        raise ValueError("is blank")
    return value


def _at_most(length: int) -> Callable[[str], str]:
    """For cleaned text: a few letters are longer in composed form."""

    def checked(value: str) -> str:
        if len(value) > length:
            raise ValueError(f"is longer than {length} characters")
        return value

    return checked


Name = Annotated[str, StringConstraints(max_length=100), AfterValidator(clean), AfterValidator(_at_most(100))]
ShortText = Annotated[Name, AfterValidator(_not_blank)]
OptionalText = Annotated[str, StringConstraints(max_length=200), AfterValidator(clean), AfterValidator(_at_most(200))]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
MembershipNumber = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9/._-]*$", max_length=MAX_MEMBERSHIP_NUMBER_LENGTH),
    Field(description="Membership number, unique within the union", examples=["U-10023"]),
]
_GIVEN_NAME = Field(description="Given name; blank for a person with a family name only", examples=["Ann"])
_FAMILY_NAME = Field(description="Family name; blank for a person with a given name only", examples=["Lee"])
GivenName = Annotated[Name, _GIVEN_NAME]
OptionalGivenName = Annotated[Name | None, _GIVEN_NAME]
FamilyName = Annotated[Name, _FAMILY_NAME]
OptionalFamilyName = Annotated[Name | None, _FAMILY_NAME]
_LANGUAGE = Field(description="Language of messages: two or three letters", examples=["en"])
_LANGUAGE_TAG = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Language = Annotated[_LANGUAGE_TAG, _LANGUAGE]
OptionalLanguage = Annotated[_LANGUAGE_TAG | None, _LANGUAGE]
_TIME_ZONE = Field(description="IANA time zone in which quiet hours are kept", examples=["Europe/London"])
_TIME_ZONE_NAME = Annotated[str, StringConstraints(max_length=64), AfterValidator(_time_zone)]
TimeZone = Annotated[_TIME_ZONE_NAME, _TIME_ZONE]
OptionalTimeZone = Annotated[_TIME_ZONE_NAME | None, _TIME_ZONE]
Birthday = Annotated[Day | None, Field(description="Day of birth, not in the future", examples=["1980-02-29"])]
BodyId = Annotated[Slug, Field(description="Id of a body of the union", examples=["leeds"])]
BranchId = Annotated[Slug, Field(description="Id of a body of kind branch", examples=["leeds"])]
Employer = Annotated[OptionalText | None, Field(description="Name of the employer", examples=["City College"])]
Job = Annotated[OptionalText | None, Field(description="Job title", examples=["lecturer"])]
BargainingUnit = Annotated[OptionalText | None, Field(description="Bargaining unit", examples=["teaching staff"])]
FirstDay = Annotated[
    Day | None, Field(description="First day of the membership; null is today for a new one", examples=["2019-09-01"])
]
LastDay = Annotated[Day | None, Field(description="Last day of the membership; null is open", examples=["2026-08-31"])]
AddressText = Annotated[str, Field(min_length=1, max_length=MAX_ADDRESS_LENGTH)]
Address = Annotated[
    AddressText,
    Field(
        description="Telephone number (national of the default region, or +44…) or e-mail address",
        examples=["07700 900123"],
    ),
]
Preferred = Annotated[bool, Field(description="Whether the member prefers this contact point", examples=[True])]
Interests = Annotated[
    tuple[Slug, ...], Field(max_length=50, description="Ids of ordinary interests", examples=[["climate"]])
]
SensitiveInterests = Annotated[
    tuple[Slug, ...],
    Field(
        max_length=50,
        description="Ids of interests that are special-category data (GDPR article 9); published apart",
        examples=[["disabled-members"]],
    ),
]
Version = Annotated[int, Field(description="Raised by every change; the ETag", examples=[3])]
ConsentChannel = Annotated[Channel, Field(description="Channel that the consent is about", examples=["sms"])]
Purposes = Annotated[
    tuple[Purpose, ...],
    Field(
        min_length=1,
        max_length=len(Purpose),
        description="Purposes that the consent is about",
        examples=[["campaign", "survey"]],
    ),
]
ConsentSource = Annotated[ShortText, Field(description="Where it was said", examples=["membership form"])]
WordingVersion = Annotated[ShortText, Field(description="Version of the wording agreed to", examples=["2026-01"])]
ConsentTime = Annotated[
    Moment,
    Field(description="When it was said, with a zone; not in the future", examples=["2026-01-05T10:00:00Z"]),
]
