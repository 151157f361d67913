"""Clients and keys over REST, for whoever looks after them."""

from typing import Annotated, Any

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Path
from members.domain.clients import Client, ClientId
from members.domain.text import Slug
from members.routes.common import union_wide
from members.service.tokens import Tokens
from pydantic import BaseModel, ConfigDict, Field

router = APIRouter(tags=["clients"])
Service = Annotated[Tokens, Depends(given(Tokens))]
Keeper = Annotated[Caller, Depends(needs("clients:write"))]


class NewClient(BaseModel):
    """A system that may ask for tokens; `branch` limits it to one branch's members."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    client_id: ClientId
    scopes: Annotated[list[str], Field(min_length=1, max_length=50)]
    branch: Slug | None = None


@router.get("/clients")
async def clients(tokens: Service, caller: Keeper) -> dict[str, Any]:
    """All clients, without their secrets."""
    union_wide(caller)
    return {"clients": [shown(client) for client in await tokens.clients()]}


@router.post("/clients", status_code=201)
async def create(tokens: Service, caller: Keeper, words: NewClient) -> dict[str, Any]:
    """A new client with scopes that the caller holds too; its secret is shown this once."""
    union_wide(caller)
    client, secret = await tokens.create_client(words.client_id, words.scopes, words.branch, within=caller.scopes)
    return {**shown(client), "client_secret": secret}


@router.delete("/clients/{client_id}", status_code=204)
async def remove(tokens: Service, caller: Keeper, client_id: Annotated[ClientId, Path()]) -> None:
    """No more tokens for this client; those it has run out by themselves."""
    union_wide(caller)
    await tokens.remove_client(client_id)


@router.post("/keys/rotate", status_code=201)
async def rotate(tokens: Service, caller: Keeper, at_once: bool = False) -> dict[str, str]:
    """A new signing key: published now, signing in ten minutes. `at_once` when the old one may be known to others:
    every token out there is then void."""
    union_wide(caller)
    return {"kid": await tokens.rotate(at_once=at_once)}


def shown(client: Client) -> dict[str, Any]:
    """A client as the API shows it."""
    return {
        "client_id": client.client_id,
        "scopes": client.scopes,
        "branch": client.branch,
        "created_at": client.created_at,
    }
