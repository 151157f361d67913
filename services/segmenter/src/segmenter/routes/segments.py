"""Segments over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from chassis.http.auth import Caller, needs
from chassis.http.etags import IfMatch
from chassis.http.problems import given, problems, response_headers
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from segmenter.domain.disclosure.preview import Preview
from segmenter.domain.fields import Cursor, OwningBody, RequestModel, ShortText
from segmenter.domain.segments.explanation import MemberExplanation
from segmenter.domain.segments.rules import GivenRule
from segmenter.domain.segments.segment import Segment
from segmenter.routes.parameters import After, Limit, MemberPath, SegmentPath, tagged
from segmenter.service.segments import Segments

router = APIRouter(tags=["segments"])
Service = Annotated[Segments, Depends(given(Segments))]
Reader = Annotated[Caller, Depends(needs("segments:read"))]
Writer = Annotated[Caller, Depends(needs("segments:write"))]


class SegmentChange(RequestModel):
    """What may be changed of a segment."""

    name: ShortText = Field(description="For organisers.", examples=["Leeds, Welsh speakers"])
    rule: GivenRule


class RuleQuestion(RequestModel):
    """A rule that is not stored, to be previewed."""

    rule: GivenRule
    body: OwningBody = Field(default=None, examples=["leeds"])


class NewSegment(SegmentChange, RuleQuestion):
    """A segment to be stored."""


class SegmentPage(BaseModel):
    """A page of segments, in the order of their ids."""

    items: Sequence[Segment] = Field(description="The segments.")
    next: Cursor


@router.post("/segments", status_code=201, responses=response_headers(201, "ETag"))
async def create_segment(segment: NewSegment, caller: Writer, service: Service, response: Response) -> Segment:
    """Store a segment."""
    return tagged(response, await service.create(caller, segment.name, segment.body, segment.rule))


@router.get("/segments")
async def list_segments(caller: Reader, service: Service, after: After = None, limit: Limit = 50) -> SegmentPage:
    """The caller's segments."""
    items = await service.page(caller, after, limit)
    return SegmentPage(items=items, next=items[-1].segment_id if len(items) == limit else None)


@router.post("/segments/preview")
async def preview_rule(question: RuleQuestion, caller: Reader, service: Service) -> Preview:
    """Count a rule before storing it."""
    return await service.preview(caller, question.rule, question.body)


@router.get("/segments/{segment_id}", responses=response_headers(200, "ETag") | problems(404))
async def get_segment(segment_id: SegmentPath, caller: Reader, service: Service, response: Response) -> Segment:
    """One segment."""
    return tagged(response, await service.one(caller, segment_id))


@router.put("/segments/{segment_id}", responses=response_headers(200, "ETag") | problems(404))
async def replace_segment(
    segment_id: SegmentPath,
    segment: SegmentChange,
    caller: Writer,
    service: Service,
    expected: IfMatch,
    response: Response,
) -> Segment:
    """Replace name and rule; approved campaigns keep the rule that they were approved with."""
    return tagged(response, await service.replace(caller, segment_id, expected, segment.name, segment.rule))


@router.get("/segments/{segment_id}/preview", responses=problems(404))
async def preview_segment(segment_id: SegmentPath, caller: Reader, service: Service) -> Preview:
    """How many members are in it now, and a masked sample."""
    segment = await service.one(caller, segment_id)
    return await service.preview(caller, segment.rule, segment.body)


@router.get("/segments/{segment_id}/members/{member_id}", responses=problems(404))
async def explain_member(
    segment_id: SegmentPath, member_id: MemberPath, caller: Reader, service: Service
) -> MemberExplanation:
    """Why a member is in it, or is not."""
    return await service.explain(caller, segment_id, member_id)
