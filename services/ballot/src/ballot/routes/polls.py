"""Polls: asked, opened, closed."""

from typing import Annotated, Any
from uuid import UUID

from ballot.routes.bodies import PollGiven, poll_body
from ballot.service.electorate import Electorate
from ballot.service.polls import Polls
from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Query

router = APIRouter(tags=["polls"])
Service = Annotated[Polls, Depends(given(Polls))]
Reader = Annotated[Caller, Depends(needs("polls:read"))]
Writer = Annotated[Caller, Depends(needs("polls:write"))]


@router.post("/polls", status_code=201)
async def ask(poll: PollGiven, polls: Service, caller: Writer) -> dict[str, Any]:
    """Make a poll. With a `poll_id` of your own the request may be repeated."""
    return poll_body(await polls.ask(poll.poll_id, poll.draft(), caller.client_id, caller.branch), caller.scopes)


@router.get("/polls")
async def listed(
    polls: Service,
    caller: Reader,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> dict[str, Any]:
    """The polls that you may see, the newest first; `next` is given as `after` to get those that follow."""
    page = [poll_body(asked, caller.scopes) for asked in await polls.page(caller.branch, after, limit)]
    return {"polls": page, "next": page[-1]["poll_id"] if len(page) == limit else None}


@router.get("/polls/{poll_id}")
async def one(poll_id: UUID, polls: Service, caller: Reader) -> dict[str, Any]:
    """A poll as it stands."""
    return poll_body(await polls.one(poll_id, caller.branch), caller.scopes)


@router.post("/polls/{poll_id}/open")
async def opened(poll_id: UUID, polls: Service, caller: Writer) -> dict[str, Any]:
    """Freeze the roll and let answers count."""
    return poll_body(await polls.open(poll_id, caller.branch), caller.scopes)


@router.post("/polls/{poll_id}/close")
async def closed(poll_id: UUID, polls: Service, caller: Writer) -> dict[str, Any]:
    """End the answering now."""
    return poll_body(await polls.close(poll_id, caller.branch), caller.scopes)


@router.get("/electorates/{body}")
async def electorate(
    body: str, members: Annotated[Electorate, Depends(given(Electorate))], caller: Reader
) -> dict[str, Any]:
    """How many would be on the roll of this body now."""
    return {"body": body, "members": await members.size(body, caller.branch)}
