"""Texts from members, posted to the webhook on demand."""

from collections import Counter
from typing import Annotated

from chassis.errors import Refused
from chassis.http.auth import public
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sandbox.carrier.inbound_texts import InboundResult
from sandbox.routes.dependencies import GUARD, UNAUTHORISED, Inbound, Live

router = APIRouter(prefix="/sandbox/inbound", tags=["inbound texts"], responses=UNAUTHORISED)
_FAILURES_SHOWN = 20
Number = Annotated[
    str,
    Field(pattern=r"^((whatsapp:|rcs:)?\+[1-9]\d{6,14}|\d{3,8}|[A-Za-z0-9 &+_-]{1,11})$", examples=["+447700900123"]),
]


class InboundText(BaseModel):
    """A text from a member's number to one of ours."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    sender: Number = Field(alias="from", description="The member's number.")
    to: Number = Field(description="Our number.")
    body: str = Field(max_length=1600, description="What the member writes.", examples=["STOP"])


class SingleInboundText(InboundText):
    """One text, its pictures, and the webhook to call in place of the configured one."""

    media: int = Field(default=0, ge=0, le=10, description="How many pictures it has.")
    url: str = Field(default="", pattern=r"^(|https?://\S+)$", description="The webhook; empty: the configured one.")


class InboundBatch(BaseModel):
    """Many texts."""

    model_config = ConfigDict(extra="forbid")

    texts: list[InboundText] = Field(max_length=100_000, description="The texts, started in this order.")
    concurrency: int = Field(default=16, ge=1, le=64, description="Webhooks called at a time.")


class InboundTextResult(BaseModel):
    """How the webhook of one text ended."""

    model_config = ConfigDict(from_attributes=True)

    sid: str = Field(description="The text's id.", examples=["SM" + "1" * 32])
    status: int | None = Field(description="HTTP status of the last attempt; null for no answer.", examples=[200])
    attempts: int = Field(description="How often the webhook was called.", examples=[1])
    replies: list[str] = Field(description="The texts that the TwiML answer sends back.", examples=[["Thank you"]])


class InboundFailure(BaseModel):
    """A text whose webhook was not answered with a 2xx."""

    model_config = ConfigDict(from_attributes=True, serialize_by_alias=True)

    sender: str = Field(serialization_alias="from", description="The member's number.", examples=["+447700900123"])
    status: int | None = Field(description="HTTP status; null for no answer.", examples=[503])


class InboundBatchResult(BaseModel):
    """How the webhooks of many texts ended."""

    sent: int = Field(description="Texts in all.", examples=[100])
    ok: int = Field(description="Answered with a 2xx.", examples=[99])
    failed: int = Field(description="Not answered with a 2xx.", examples=[1])
    by_status: dict[str, int] = Field(
        description="Texts by HTTP status; `None` for no answer.", examples=[{"200": 99, "503": 1}]
    )
    failures: list[InboundFailure] = Field(description=f"The first {_FAILURES_SHOWN} that failed.")


@router.post("")
@public(GUARD)
async def send_inbound_text(text: SingleInboundText, inbound: Inbound, settings: Live) -> InboundTextResult:
    """Send one inbound text; answers when its webhook has ended."""
    _require_webhook(text.url or settings.inbound_url)
    result = await inbound.send(text.sender, text.to, text.body, text.url, text.media)
    return InboundTextResult.model_validate(result)


@router.post("/bulk")
@public(GUARD)
async def send_inbound_texts(batch: InboundBatch, inbound: Inbound, settings: Live) -> InboundBatchResult:
    """Send many inbound texts; answers when all webhooks have ended."""
    _require_webhook(settings.inbound_url)
    return _summary(
        await inbound.send_all([(text.sender, text.to, text.body) for text in batch.texts], batch.concurrency)
    )


def _summary(results: list[InboundResult]) -> InboundBatchResult:
    failed = [each for each in results if not each.ok]
    return InboundBatchResult(
        sent=len(results),
        ok=len(results) - len(failed),
        failed=len(failed),
        by_status=Counter(str(each.status) for each in results),
        failures=[InboundFailure.model_validate(each) for each in failed[:_FAILURES_SHOWN]],
    )


def _require_webhook(url: str) -> None:
    if not url:
        raise Refused("no webhook is configured: set INBOUND_URL or give `url`", field="url")
