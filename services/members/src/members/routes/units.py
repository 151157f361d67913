"""Bodies of the union."""

from typing import Annotated

from chassis.http.auth import Caller, NeedsUnionWide, needs
from chassis.http.etags import IfMatch, OptionalIfMatch, etag
from chassis.http.problems import given, problems, response_headers
from fastapi import APIRouter, Depends, Path, Query, Response
from members.domain.field_types import BodyId, Input
from members.domain.units import Level, Name, ParentId, Unit, UnitKind
from members.service.units import Units
from pydantic import BaseModel, Field

router = APIRouter(prefix="/bodies", tags=["bodies"])
Service = Annotated[Units, Depends(given(Units))]
Reader = Annotated[Caller, Depends(needs("members:read"))]
Writer = Annotated[Caller, Depends(NeedsUnionWide("bodies:write"))]
PathBodyId = Annotated[BodyId, Path(description="Id of the body")]


class UnitDefinition(Input):
    """A body under its parent: a region under the union, a branch under a region or the union, a workplace under a
    branch."""

    kind: Level
    name: Name
    parent: ParentId = None


class UnitPage(BaseModel):
    """Bodies in order of id."""

    bodies: list[Unit] = Field(description="The bodies that were asked for and that the token may see")
    next: str | None = Field(description="`after` of the following page; null on the last one", examples=["leeds"])


_CREATED_OR_CHANGED = problems(409, 428) | response_headers(200, "ETag") | response_headers(201, "ETag")
_CREATED_OR_CHANGED[201] |= {"model": Unit, "description": "It is new"}


@router.get("")
async def list_bodies(
    units: Service,
    caller: Reader,
    under: Annotated[BodyId | None, Query(description="This body and those beneath it")] = None,
    kind: Annotated[UnitKind | None, Query(description="Bodies of this level")] = None,
    after: Annotated[BodyId | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most bodies on a page")] = 500,
) -> UnitPage:
    """The tree as a list. A token of one branch sees the branch, what is beneath it and what is above it."""
    found = await units.page(caller.branch, under=under, kind=kind, after=after or "", limit=limit)
    return UnitPage(bodies=found, next=found[-1].id if len(found) == limit else None)


@router.get("/{body_id}", responses=problems(404) | response_headers(200, "ETag"))
async def get_body(units: Service, caller: Reader, body_id: PathBodyId, response: Response) -> Unit:
    """One body."""
    return _shown(await units.get(body_id), response)


@router.put("/{body_id}", responses=_CREATED_OR_CHANGED)
async def put_body(
    units: Service,
    caller: Writer,
    body_id: PathBodyId,
    definition: UnitDefinition,
    if_match: OptionalIfMatch,
    response: Response,
) -> Unit:
    """Create a body (without If-Match), or rename or move one. The members beneath it are published again soon."""
    unit, new = await units.put(body_id, definition.kind, definition.name, definition.parent, if_match)
    response.status_code = 201 if new else 200
    return _shown(unit, response)


@router.delete("/{body_id}", status_code=204, responses=problems(404, 409))
async def delete_body(units: Service, caller: Writer, body_id: PathBodyId, if_match: IfMatch) -> None:
    """Remove a body that neither bodies nor memberships stand under."""
    await units.remove(body_id, if_match)


def _shown(unit: Unit, response: Response) -> Unit:
    response.headers["ETag"] = etag(unit.version)
    return unit
