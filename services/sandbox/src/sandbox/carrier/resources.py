"""Twilio's Message resource and its pages. https://www.twilio.com/docs/messaging/api/message-resource"""

from datetime import UTC, datetime
from email.utils import format_datetime

from pydantic import BaseModel, ConfigDict, Field
from sandbox.carrier.errors import DELIVERY_ERRORS
from sandbox.carrier.text import Direction, Text

API = "2010-04-01"


class SubresourceUris(BaseModel):
    """Addresses of what belongs to a message."""

    media: str = Field(description="Path of its media, which the sandbox does not hold.")


class Message(BaseModel):
    """A message as Twilio shows it."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    account_sid: str = Field(description="The account.")
    api_version: str = Field(description="The version of the API.", examples=[API])
    body: str = Field(description="Its words; empty once redacted.")
    date_created: str = Field(description="When it was accepted (RFC 2822, GMT).")
    date_sent: str | None = Field(description="When it was sent (RFC 2822, GMT); null until then.")
    date_updated: str = Field(description="When its status last changed (RFC 2822, GMT).")
    direction: Direction = Field(
        description="outbound-api: created by request; inbound: from a member; outbound-reply: a TwiML reply."
    )
    error_code: int | None = Field(description="Why it was not delivered; null where nothing is wrong.")
    error_message: str | None = Field(description="The same in words.")
    sender: str | None = Field(
        alias="from", description="The sender; null until the messaging service has assigned one."
    )
    messaging_service_sid: str | None = Field(description="The messaging service of the request, if it named one.")
    num_media: str = Field(description="How many media it has.")
    num_segments: str = Field(description="Parts it is sent in; `0` until the messaging service has assigned a sender.")
    price: str | None = Field(description="Its price; the sandbox charges nothing.")
    price_unit: str = Field(description="Currency (ISO 4217).")
    sid: str = Field(description="Its id.")
    status: str = Field(description="accepted, queued, sent, delivered, undelivered or received.")
    subresource_uris: SubresourceUris = Field(description="Addresses of what belongs to it.")
    to: str = Field(description="The recipient.")
    uri: str = Field(description="Its path.")


class MessagePage(BaseModel):
    """One page of a list of messages, newest first."""

    model_config = ConfigDict(serialize_by_alias=True)

    end: int = Field(description="Number of the last message of the page, counted from 0.")
    first_page_uri: str = Field(description="Path of the first page.")
    messages: list[Message] = Field(description="The messages.")
    next_page_uri: str | None = Field(description="Path of the next page; null on the last.")
    page: int = Field(description="Number of the page, counted from 0.")
    page_size: int = Field(description="Messages in a full page.")
    previous_page_uri: str | None = Field(description="Path of the page before; null on the first.")
    start: int = Field(description="Number of the first message of the page.")
    uri: str = Field(description="Path of this page.")


def message(text: Text, account: str, *, body: str | None = None) -> Message:
    """The resource of a text. `body` saves reading it from the journal."""
    uri, assigned = f"/{API}/Accounts/{account}/Messages/{text.sid}", text.sender_assigned
    return Message(
        account_sid=account,
        api_version=API,
        body=text.body if body is None else body,
        date_created=_rfc2822(text.created),
        date_sent=_rfc2822(text.sent) if text.sent else None,
        date_updated=_rfc2822(text.updated),
        direction=text.direction,
        error_code=text.error,
        error_message=DELIVERY_ERRORS.get(text.error, "Unknown error") if text.error else None,
        sender=text.sender if assigned else None,
        messaging_service_sid=text.service,
        num_media=str(text.media),
        num_segments=str(text.parts) if assigned else "0",
        price=None,
        price_unit="GBP",
        sid=text.sid,
        status=text.status,
        subresource_uris=SubresourceUris(media=f"{uri}/Media.json"),
        to=text.to,
        uri=f"{uri}.json",
    )


def _rfc2822(moment: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(moment), UTC))
