"""The mails that the mail server accepted, as a reader sees them."""

from itertools import islice
from typing import Annotated

from chassis.errors import Refused
from chassis.http.auth import public
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sandbox.journal.journal import timestamp
from sandbox.mail.content import content_of
from sandbox.mail.mail_store import Mail
from sandbox.routes.dependencies import GUARD, UNAUTHORISED, Limit, Mails

router = APIRouter(prefix="/sandbox/mail", tags=["mails"], responses=UNAUTHORISED)


class StoredMail(BaseModel):
    """One mail to one recipient."""

    model_config = ConfigDict(serialize_by_alias=True)

    reference: str = Field(description="The queue id of its 250.", examples=["5F0C1D2E3B4A5F6E7D8C"])
    delivery_id: str | None = Field(
        description="The delivery of its Message-ID or ENVID; null without one.",
        examples=["0f0e0d0c-0b0a-4908-8706-050403020100"],
    )
    gen: int | None = Field(description="The attempt of X-Muster-Attempt or ENVID; null without one.", examples=[1])
    to: str = Field(description="The recipient.", examples=["gwen@example.org"])
    sender: str = Field(
        serialization_alias="from", description="The envelope sender.", examples=["bounces@union.example.org"]
    )
    subject: str = Field(description="Its subject, decoded.", examples=["Your ballot paper"])
    message_id: str = Field(description="Its Message-ID.", examples=["<1@union.example.org>"])
    envid: str = Field(
        description="The envelope id of MAIL; empty without one.", examples=["0f0e0d0c-0b0a-4908-8706-050403020100.1"]
    )
    text: str = Field(description="Its plain text.", examples=["Dear Gwen, …"])
    html: str = Field(description="Its HTML.", examples=["<p>Dear Gwen, …</p>"])
    headers: dict[str, str] = Field(description="Its headers by name.", examples=[{"Subject": "Your ballot paper"}])
    links: list[str] = Field(description="The links of its text and HTML.", examples=[["https://union.example/a"]])
    returned: str | None = Field(
        description="What was sent back: bounce, delayed, odd, complaint, vacation or delivered; null if nothing was.",
        examples=["bounce"],
    )
    created_at: str = Field(
        description="When it was accepted (ISO 8601, UTC).", examples=["2026-01-05T18:00:00.000000+00:00"]
    )


class MailPage(BaseModel):
    """A page of mails, newest first."""

    mail: list[StoredMail] = Field(description="The mails.")
    next: str | None = Field(
        description="`before` of the next page; null on the last.", examples=["5F0C1D2E3B4A5F6E7D8C"]
    )


@router.get("")
@public(GUARD)
async def list_mails(
    mails: Mails,
    to: Annotated[str, Query(description="Recipient; empty: any.")] = "",
    limit: Limit = 100,
    before: Annotated[str, Query(description="`next` of the page before; empty: the newest.")] = "",
) -> MailPage:
    """Mails with their readable parts and links, newest first."""
    if before and mails.find(before) is None:
        raise Refused("there is no such mail", field="before")
    found = list(islice(mails.newest_first(to=to, before=before), limit + 1))
    return MailPage(
        mail=[_stored(mail) for mail in found[:limit]], next=found[limit - 1].reference if len(found) > limit else None
    )


def _stored(mail: Mail) -> StoredMail:
    content = content_of(mail.source)
    return StoredMail(
        reference=mail.reference,
        delivery_id=mail.delivery_id,
        gen=mail.gen,
        to=mail.to,
        sender=mail.sender,
        subject=mail.subject,
        message_id=mail.message_id,
        envid=mail.envid,
        text=content.text,
        html=content.html,
        headers=content.headers,
        links=list(content.links),
        returned=mail.bounced or None,
        created_at=timestamp(mail.created),
    )
