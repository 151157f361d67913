"""Statutory ballots whose totals another system declared."""

from typing import Annotated

from ballot.routes.schemas.declared_ballots import DeclaredBallotPage
from ballot.routes.schemas.fields import Reader
from ballot.service.declared_ballots import DeclaredBallots
from chassis.http.paging import Before, Limit, following
from chassis.http.problems import given
from fastapi import APIRouter, Depends

router = APIRouter(tags=["declared ballots"])


@router.get("/declared-ballots")
async def list_declared_ballots(
    declared_ballots: Annotated[DeclaredBallots, Depends(given(DeclaredBallots))],
    _: Reader,
    before: Before = None,
    limit: Limit = 100,
) -> DeclaredBallotPage:
    """Totals that scrutineers declared, the latest first."""
    found = await declared_ballots.newest(before, limit)
    following_page = following(found, limit, lambda ballot: ballot.declared_at)
    return DeclaredBallotPage.model_validate({"ballots": found, "next": following_page}, from_attributes=True)
