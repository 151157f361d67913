"""Counts of the journal, at once or when nothing is under way any more."""

from chassis.http.auth import public
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sandbox.carrier.text_store import TextStore
from sandbox.control.counts import Counts
from sandbox.control.pending_work import PendingWork
from sandbox.journal.journal import Journal
from sandbox.mail.mail_store import MailStore
from sandbox.routes.dependencies import GUARD, UNAUTHORISED, AllCounts, JournalFiles, Mails, Pending, Texts

router = APIRouter(prefix="/sandbox", tags=["journal"], responses=UNAUTHORISED)


class ChannelCounts(BaseModel):
    """What one channel accepted and refused."""

    accepted: int = Field(description="Messages accepted.", examples=[120])
    distinct_deliveries: int = Field(description="Deliveries they belong to.", examples=[120])
    duplicates: int = Field(description="Messages beyond the first of a delivery.", examples=[0])
    refused: dict[str, int] = Field(description="Messages refused, by code.", examples=[{"21211": 2}])


class SmsCounts(ChannelCounts):
    """The carrier's counts."""

    by_status: dict[str, int] = Field(description="Texts held, by status.", examples=[{"delivered": 118, "sent": 2}])


class EmailCounts(ChannelCounts):
    """The mail server's counts."""

    returned: dict[str, int] = Field(
        description="What was sent back, by kind, and how much of it `arrived` or was `lost`.",
        examples=[{"bounce": 3, "arrived": 3}],
    )


class InboundCounts(BaseModel):
    """Texts from members."""

    sent: int = Field(description="Webhooks that ended.", examples=[40])
    ok: int = Field(description="Answered with a 2xx.", examples=[40])
    failed: int = Field(description="Not answered with a 2xx.", examples=[0])
    replies: int = Field(description="Texts sent back by TwiML.", examples=[12])


class CallbackCounts(BaseModel):
    """Status callbacks."""

    sent: int = Field(description="Callbacks that ended.", examples=[240])
    answered: int = Field(description="Answered with a 2xx.", examples=[240])
    gave_up: int = Field(description="Not answered with a 2xx in all their attempts.", examples=[0])
    pending: int = Field(description="Still under way.", examples=[0])


class JournalCounts(BaseModel):
    """Everything that was counted."""

    sms: SmsCounts = Field(description="Texts to members.")
    email: EmailCounts = Field(description="Mails to members.")
    inbound: InboundCounts = Field(description="Webhooks of texts from members.")
    callbacks: CallbackCounts = Field(description="Status callbacks of texts to members.")
    files: dict[str, int] = Field(description="Lines of the journal, by file.", examples=[{"sms.jsonl": 120}])


class PendingCounts(BaseModel):
    """What is under way."""

    model_config = ConfigDict(extra="forbid")

    receipts: int = Field(description="Statuses that texts have still to take.", examples=[0])
    callbacks: int = Field(description="Status callbacks.", examples=[0])
    inbound: int = Field(description="Webhooks of inbound texts.", examples=[0])
    bounces: int = Field(description="Mails to be sent back.", examples=[0])


class SettledCounts(JournalCounts):
    """The counts after waiting."""

    settled: bool = Field(description="Whether nothing is under way.")
    pending: PendingCounts = Field(description="What is still under way.")


class Wait(BaseModel):
    """How long to wait."""

    model_config = ConfigDict(extra="forbid")

    timeout: float = Field(default=60.0, ge=0, le=600, description="Seconds to wait at most.")


@router.get("/journal")
@public(GUARD)
async def count_journal(
    texts: Texts, mails: Mails, journal: JournalFiles, counts: AllCounts, pending: Pending
) -> JournalCounts:
    """Counts of the journal, as they are now."""
    return _counts(texts, mails, journal, counts, pending)


@router.post("/settle")
@public(GUARD)
async def wait_until_settled(
    wait: Wait, texts: Texts, mails: Mails, journal: JournalFiles, counts: AllCounts, pending: Pending
) -> SettledCounts:
    """Counts of the journal, once nothing is under way or the timeout is over."""
    settled = await pending.settled(wait.timeout)
    counted = _counts(texts, mails, journal, counts, pending)
    under_way = PendingCounts.model_validate(pending.by_kind())
    return SettledCounts(settled=settled, pending=under_way, **dict(counted))


def _counts(
    texts: TextStore, mails: MailStore, journal: Journal, counts: Counts, pending: PendingWork
) -> JournalCounts:
    return JournalCounts(
        sms=SmsCounts(
            accepted=journal.sms.lines,
            **_distinct(texts),
            refused=counts.refused_by_code("sms"),
            by_status=texts.by_status(),
        ),
        email=EmailCounts(
            accepted=journal.email.lines,
            **_distinct(mails),
            refused=counts.refused_by_code("email"),
            returned=counts.bounces,
        ),
        inbound=InboundCounts(**{name: counts.inbound[name] for name in InboundCounts.model_fields}),
        callbacks=CallbackCounts(
            **{name: counts.callbacks[name] for name in ("sent", "answered", "gave_up")},
            pending=pending.by_kind()["callbacks"],
        ),
        files={file.name: file.lines for file in journal.files},
    )


def _distinct(held: TextStore | MailStore) -> dict[str, int]:
    distinct = len(held.deliveries)
    return {"distinct_deliveries": distinct, "duplicates": held.deliveries.total() - distinct}
