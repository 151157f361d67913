"""Segments over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Response
from segmenter.domain.facts import Word
from segmenter.domain.rules import GivenRule, read_rule
from segmenter.domain.sensitive import FEW, NO_SAMPLE, counted
from segmenter.domain.withholding import channels_shown
from segmenter.routes.common import After, Body, Limit, Version, etag, items
from segmenter.service.segments import Preview, Segments

router = APIRouter(tags=["segments"])
Service = Annotated[Segments, Depends(given(Segments))]
Reader = Annotated[Caller, Depends(needs("segments:read"))]
Writer = Annotated[Caller, Depends(needs("segments:write"))]
_SHOWN = ("segment_id", "version", "name", "body", "rule", "created_by", "created_at", "updated_by", "updated_at")


class ChangedSegment(Body):
    """What may be changed of a segment."""

    name: Word
    rule: GivenRule


class NewSegment(ChangedSegment):
    """A segment; `body` keeps it inside one body for ever."""

    body: Word | None = None


class Question(Body):
    """A rule that nobody has stored yet."""

    rule: GivenRule
    body: Word | None = None


@router.post("/segments", status_code=201)
async def create_segment(body: NewSegment, caller: Writer, service: Service, response: Response) -> dict[str, Any]:
    """Store a segment."""
    return _shown(await service.create(caller, body.name, body.body, body.rule), response)


@router.get("/segments")
async def list_segments(caller: Reader, service: Service, after: After = None, limit: Limit = 50) -> dict[str, Any]:
    """The caller's segments."""
    rows = [_segment(row) for row in await service.page(caller, after, limit)]
    return items(rows, "segment_id", limit)


@router.post("/segments/preview")
async def preview_rule(body: Question, caller: Reader, service: Service) -> dict[str, Any]:
    """Count a rule before storing it."""
    return _preview(await service.preview(caller, body.rule, body.body))


@router.get("/segments/{segment_id}")
async def show_segment(segment_id: UUID, caller: Reader, service: Service, response: Response) -> dict[str, Any]:
    """One segment."""
    return _shown(await service.one(caller, segment_id), response)


@router.put("/segments/{segment_id}")
async def change_segment(
    segment_id: UUID, body: ChangedSegment, caller: Writer, service: Service, version: Version, response: Response
) -> dict[str, Any]:
    """Replace name and rule; launched campaigns keep the rule that they were launched with."""
    return _shown(await service.replace(caller, segment_id, version, body.name, body.rule), response)


@router.get("/segments/{segment_id}/preview")
async def preview_segment(segment_id: UUID, caller: Reader, service: Service) -> dict[str, Any]:
    """How many are in it now, and a masked sample."""
    segment = await service.one(caller, segment_id)
    return _preview(await service.preview(caller, read_rule(segment.rule), segment.body))


@router.get("/segments/{segment_id}/members/{member_id}")
async def explain_member(segment_id: UUID, member_id: UUID, caller: Reader, service: Service) -> dict[str, Any]:
    """Why a member is in it, or is not."""
    inside, explanation, status = await service.explain(caller, segment_id, member_id)
    return {"member_id": member_id, "in_segment": inside, "member_status": status, "explanation": explanation}


def _shown(row: Any, response: Response) -> dict[str, Any]:
    response.headers["ETag"] = etag(row.version)
    return _segment(row)


def _segment(row: Any) -> dict[str, Any]:
    return {name: row._mapping[name] for name in _SHOWN}


def _counts(preview: Preview) -> dict[str, int | None]:
    count, by_channel = preview.counts.members, {"sms": preview.counts.sms, "email": preview.counts.email}
    return {
        "count": counted(count, sensitive=preview.sensitive),
        **(channels_shown(count, by_channel) if preview.sensitive else by_channel),
    }


def _preview(preview: Preview) -> dict[str, Any]:
    shown = _counts(preview)
    few = [{"field": name, "reason": FEW} for name, count in shown.items() if count is None]
    return {
        "count": shown["count"],
        "by_channel": {"sms": shown["sms"], "email": shown["email"]},
        "sensitive": preview.sensitive,
        "withheld": [*few, {"field": "sample", "reason": NO_SAMPLE}] if preview.sensitive else [],
        "sample": [
            {
                "member_id": row.member_id,
                "given_name": f"{row.initial}•••",
                "branch": row.branch,
                "language": row.language,
            }
            for row in preview.sample
        ],
    }
