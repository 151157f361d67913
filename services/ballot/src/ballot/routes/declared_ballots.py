"""Statutory ballots whose totals another system declared."""

from datetime import datetime
from typing import Annotated

from ballot.routes.schemas.fields import Reader
from ballot.service.declared_ballots import DeclaredBallots
from chassis.http.problems import given
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

router = APIRouter(tags=["declared ballots"])


class DeclaredBallot(BaseModel):
    """The totals of a statutory ballot, as the scrutineer declared them."""

    model_config = ConfigDict(from_attributes=True)

    ballot_id: str = Field(description="Id of the ballot in the system that declared it.", examples=["2026-pay"])
    body: str = Field(description="Id of the union body that was balloted.", examples=["unite-north"])
    papers_sent: int = Field(description="Ballot papers sent out.", examples=[5400])
    papers_returned: int = Field(description="Ballot papers returned.", examples=[3122])
    totals: dict[str, int] = Field(description="Votes by answer.", examples=[{"yes": 2800, "no": 310}])
    declared_at: datetime = Field(description="When the totals were declared.", examples=["2026-03-10T12:00:00Z"])


class DeclaredBallotList(BaseModel):
    """All declared ballots."""

    ballots: list[DeclaredBallot] = Field(description="The latest declared first.")


@router.get("/declared-ballots")
async def list_declared_ballots(
    declared_ballots: Annotated[DeclaredBallots, Depends(given(DeclaredBallots))], _: Reader
) -> DeclaredBallotList:
    """Totals that scrutineers declared, the latest first."""
    found = await declared_ballots.newest()
    return DeclaredBallotList(ballots=[DeclaredBallot.model_validate(ballot) for ballot in found])
