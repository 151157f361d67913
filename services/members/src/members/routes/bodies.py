"""Bodies of the union."""

from typing import Annotated, Any

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Query, Response
from members.domain.bodies import Body, Kind
from members.domain.text import Name, Slug
from members.domain.versions import etag
from members.routes.common import BodyId, IfMatch, union_wide
from members.service.bodies import Bodies
from pydantic import BaseModel, ConfigDict

router = APIRouter(prefix="/bodies", tags=["bodies"])
Service = Annotated[Bodies, Depends(given(Bodies))]
Reader = Annotated[Caller, Depends(needs("members:read"))]
Writer = Annotated[Caller, Depends(needs("bodies:write"))]


class BodyWords(BaseModel):
    """A body under its parent: a region under the union, a branch under a region or the union, a workplace under a
    branch."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kind: Kind
    name: Name
    parent: Slug | None = None


@router.get("")
async def all_bodies(
    bodies: Service,
    caller: Reader,
    under: Annotated[Slug | None, Query(description="This body and those beneath it")] = None,
    kind: Kind | None = None,
) -> dict[str, Any]:
    """The tree, as a list; a token of one branch sees the branch, what is beneath and what is above it."""
    found = await bodies.all(under=under, kind=kind)
    return {"bodies": [shown(body) for body in found if _seen(body, found, caller.branch)]}


@router.get("/{body_id}")
async def one_body(bodies: Service, caller: Reader, body_id: BodyId, response: Response) -> dict[str, Any]:
    """One body."""
    body = await bodies.get(body_id)
    response.headers["ETag"] = etag(body.version)
    return shown(body)


@router.put("/{body_id}", responses={201: {"description": "It is new"}})
async def put_body(
    bodies: Service, caller: Writer, body_id: BodyId, words: BodyWords, expected: IfMatch, response: Response
) -> dict[str, Any]:
    """Create a body, or rename or move one (If-Match). The members beneath it are published again soon after."""
    union_wide(caller)
    body, new = await bodies.put(body_id, words.kind, words.name, words.parent, expected)
    response.status_code = 201 if new else 200
    response.headers["ETag"] = etag(body.version)
    return shown(body)


@router.delete("/{body_id}", status_code=204)
async def delete_body(bodies: Service, caller: Writer, body_id: BodyId, expected: IfMatch) -> None:
    """Remove a body that nothing stands under."""
    union_wide(caller)
    await bodies.remove(body_id, expected)


def _seen(body: Body, bodies: list[Body], branch: str | None) -> bool:
    if branch is None or branch in body.path:
        return True
    return any(body.id in other.path for other in bodies if other.id == branch)


def shown(body: Body) -> dict[str, Any]:
    """A body as the API shows it."""
    return {
        "id": body.id,
        "kind": body.kind,
        "name": body.name,
        "parent": body.parent,
        "path": body.path,
        "version": body.version,
    }
