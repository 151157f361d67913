"""Electorates: who would be on the roll of a body's poll."""

from typing import Annotated

from ballot.routes.schemas import fields
from ballot.routes.schemas.fields import Reader
from ballot.service.electorates import Electorates
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

router = APIRouter(tags=["polls"])


class Electorate(BaseModel):
    """The electorate of a union body."""

    body: fields.BodyId
    members: int = Field(
        description="How many members would be on the roll now: active, with a current membership, each once.",
        examples=[1200],
    )


@router.get("/electorates/{body}")
async def get_electorate(
    body: Annotated[str, Path(description="Id of the union body.", examples=["unite-north-leeds"])],
    electorates: Annotated[Electorates, Depends(given(Electorates))],
    caller: Reader,
) -> Electorate:
    """How many members would be on the roll of this body now."""
    return Electorate(body=body, members=await electorates.size(body, caller.branch))
