"""API clients."""

from datetime import datetime
from typing import Annotated

from access.domain import clients as domain
from access.domain.field_types import BodyId, Input
from access.service.clients import Clients
from chassis.http.auth import Caller, NeedsUnionWide
from chassis.http.problems import given, problems
from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

router = APIRouter(prefix="/clients", tags=["clients"])
Service = Annotated[Clients, Depends(given(Clients))]
Administrator = Annotated[Caller, Depends(NeedsUnionWide("clients:write"))]
ClientId = Annotated[domain.ClientId, Path(description="Id of the client", examples=["organiser"])]


_SCOPES = "\n".join(f"- `{scope}`: {meaning}" for scope, meaning in domain.SCOPES.items())


class _Client(BaseModel):
    client_id: domain.ClientId = Field(description="Unique; lower-case letters, digits, . _ -", examples=["organiser"])
    scopes: list[str] = Field(
        min_length=1, max_length=50, description=f"Scopes it may ask for:\n{_SCOPES}", examples=[["members:read"]]
    )
    branch: BodyId | None = Field(
        default=None, description="Limits it to this branch's members; null is union-wide", examples=["leeds"]
    )


class NewClient(_Client, Input):
    """A system that may ask for tokens."""


class Client(_Client):
    """A system that may ask for tokens, without its secret."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)

    branch: str | None = Field(description="Limits it to this branch's members; null is union-wide", examples=["leeds"])
    created_at: datetime = Field(description="When it was created", examples=["2026-01-05T10:00:00Z"])


class CreatedClient(Client):
    """A new client with its secret, which is not shown again."""

    client_secret: str = Field(description="256 random bits in base64url", examples=["a 43 character secret"])


class ClientPage(BaseModel):
    """Clients in order of id."""

    clients: list[Client] = Field(description="At most `limit` clients")
    next: str | None = Field(description="`after` of the following page; null on the last one", examples=["organiser"])


@router.get("")
async def list_clients(
    clients: Service,
    caller: Administrator,
    after: Annotated[domain.ClientId | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Most clients on a page")] = 100,
) -> ClientPage:
    """Clients, without their secrets."""
    found = [Client.model_validate(client) for client in await clients.page(after or "", limit)]
    return ClientPage(clients=found, next=found[-1].client_id if len(found) == limit else None)


@router.post("", status_code=201, responses=problems(409))
async def create_client(clients: Service, caller: Administrator, new: NewClient) -> CreatedClient:
    """A new client with scopes that the caller holds too; its secret is shown this once."""
    client, secret = await clients.create(new.client_id, new.scopes, new.branch, within=caller.scopes)
    return CreatedClient(**Client.model_validate(client).model_dump(), client_secret=secret)


@router.delete("/{client_id}", status_code=204, responses=problems(404))
async def delete_client(clients: Service, caller: Administrator, client_id: ClientId) -> None:
    """No more tokens for this client; those that it has stay valid until they expire."""
    await clients.remove(client_id)
