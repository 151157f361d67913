"""The texts that the carrier holds, in both directions."""

from itertools import islice
from typing import Annotated

from chassis.errors import Refused
from chassis.http.auth import public
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sandbox.carrier.text import Text
from sandbox.journal.journal import timestamp
from sandbox.routes.dependencies import GUARD, UNAUTHORISED, Limit, Texts

router = APIRouter(prefix="/sandbox/messages", tags=["texts"], responses=UNAUTHORISED)


class StoredText(BaseModel):
    """One text."""

    model_config = ConfigDict(serialize_by_alias=True)

    sid: str = Field(description="Its id.", examples=["SM" + "1" * 32])
    to: str = Field(description="The recipient.", examples=["+447700900123"])
    sender: str | None = Field(serialization_alias="from", description="The sender.", examples=["+447700900000"])
    body: str = Field(description="Its words; empty once redacted.", examples=["Picket at six"])
    status: str = Field(description="accepted, queued, sent, delivered, undelivered or received.", examples=["sent"])
    error_code: int | None = Field(description="Twilio's code of a failure; null without one.", examples=[30003])
    parts: int = Field(description="Parts it is sent in.", examples=[1])
    direction: str = Field(description="outbound-api, inbound or outbound-reply.", examples=["outbound-api"])
    delivery_id: str | None = Field(
        description="The delivery of its status callback's address; null without one.",
        examples=["0f0e0d0c-0b0a-4908-8706-050403020100"],
    )
    gen: int | None = Field(description="The attempt of its status callback's address; null without one.", examples=[1])
    created_at: str = Field(
        description="When it was accepted (ISO 8601, UTC).", examples=["2026-01-05T18:00:00.000000+00:00"]
    )
    callbacks_answered: int = Field(description="Status callbacks that were answered with a 2xx.", examples=[2])


class TextPage(BaseModel):
    """A page of texts, newest first."""

    messages: list[StoredText] = Field(description="The texts.")
    next: str | None = Field(description="`before` of the next page; null on the last.", examples=["SM" + "1" * 32])


@router.get("")
@public(GUARD)
async def list_texts(
    texts: Texts,
    to: Annotated[str, Query(description="Recipient; empty: any.")] = "",
    sender: Annotated[str, Query(alias="from", description="Sender; empty: any.")] = "",
    direction: Annotated[str, Query(description="outbound-api, inbound or outbound-reply; empty: any.")] = "",
    status: Annotated[str, Query(description="Status; empty: any.")] = "",
    limit: Limit = 100,
    before: Annotated[str, Query(description="`next` of the page before; empty: the newest.")] = "",
) -> TextPage:
    """Texts, newest first."""
    start = texts.find(before)
    if before and start is None:
        raise Refused("there is no such text", field="before")
    every = texts.newest_first(to=to or None, before=start.number if start else None)
    matching = (
        text
        for text in every
        if text.sender == (sender or text.sender)
        and text.direction == (direction or text.direction)
        and text.status == (status or text.status)
    )
    found = list(islice(matching, limit + 1))
    return TextPage(
        messages=[_stored(text) for text in found[:limit]], next=found[limit - 1].sid if len(found) > limit else None
    )


def _stored(text: Text) -> StoredText:
    return StoredText(
        sid=text.sid,
        to=text.to,
        sender=text.sender,
        body=text.body,
        status=text.status,
        error_code=text.error,
        parts=text.parts,
        direction=text.direction,
        delivery_id=text.delivery_id,
        gen=text.gen,
        created_at=timestamp(text.created),
        callbacks_answered=text.answered,
    )
