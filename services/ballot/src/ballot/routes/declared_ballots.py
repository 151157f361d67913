"""Statutory ballots whose totals another system declared."""

from typing import Annotated

from ballot.routes.schemas.declared_ballots import DeclaredBallotList
from ballot.routes.schemas.fields import Reader
from ballot.service.declared_ballots import DeclaredBallots
from chassis.http.problems import given
from fastapi import APIRouter, Depends

router = APIRouter(tags=["declared ballots"])


@router.get("/declared-ballots")
async def list_declared_ballots(
    declared_ballots: Annotated[DeclaredBallots, Depends(given(DeclaredBallots))], _: Reader
) -> DeclaredBallotList:
    """Totals that scrutineers declared, the latest first."""
    return DeclaredBallotList.model_validate({"ballots": await declared_ballots.newest()}, from_attributes=True)
