"""Polls: created, listed, opened, closed; and the size of a body's electorate."""

from typing import Annotated
from uuid import UUID

from ballot.routes.schemas.fields import PageLimit, PollPath, Reader, Writer
from ballot.routes.schemas.polls import Electorate, NewPoll, Poll, PollPage
from ballot.service.polls import Polls
from chassis.http.problems import given, problems
from fastapi import APIRouter, Depends, Path, Query

router = APIRouter(tags=["polls"])
Service = Annotated[Polls, Depends(given(Polls))]


@router.post("/polls", status_code=201, responses=problems(409))
async def create_poll(poll: NewPoll, polls: Service, caller: Writer) -> Poll:
    """Create a poll. With a `poll_id` of your own the request may be repeated."""
    asked = await polls.create(poll.poll_id, poll.definition(), caller.client_id, caller.branch)
    return Poll.of(asked, caller.scopes)


@router.get("/polls")
async def list_polls(
    polls: Service,
    caller: Reader,
    after: Annotated[UUID | None, Query(description="The `next` of the page before; left out: the first page.")] = None,
    limit: PageLimit = 50,
) -> PollPage:
    """The polls that you may see, the newest first."""
    page = [Poll.of(asked, caller.scopes) for asked in await polls.page(caller.branch, after, limit)]
    return PollPage(polls=page, next=page[-1].poll_id if len(page) == limit else None)


@router.get("/polls/{poll_id}", responses=problems(404))
async def get_poll(poll_id: PollPath, polls: Service, caller: Reader) -> Poll:
    """A poll at present."""
    return Poll.of(await polls.get(poll_id, caller.branch), caller.scopes)


@router.post("/polls/{poll_id}/open", responses=problems(404, 409))
async def open_poll(poll_id: PollPath, polls: Service, caller: Writer) -> Poll:
    """Freeze the roll; answers count from now. Repeating the request changes nothing."""
    return Poll.of(await polls.open(poll_id, caller.branch), caller.scopes)


@router.post("/polls/{poll_id}/close", responses=problems(404, 409))
async def close_poll(poll_id: PollPath, polls: Service, caller: Writer) -> Poll:
    """Close the poll now: answers received later do not count. Repeating the request changes nothing."""
    return Poll.of(await polls.close(poll_id, caller.branch), caller.scopes)


@router.get("/electorates/{body}")
async def get_electorate(
    body: Annotated[str, Path(description="Id of the union body.", examples=["unite-north-leeds"])],
    polls: Service,
    caller: Reader,
) -> Electorate:
    """How many members would be on the roll of this body now."""
    return Electorate(body=body, members=await polls.electorate_size(body, caller.branch))
