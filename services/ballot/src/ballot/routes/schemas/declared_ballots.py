"""Declared ballots, as answered."""

from datetime import datetime

from chassis.http.paging import NEXT
from pydantic import BaseModel, Field


class DeclaredBallot(BaseModel):
    """The totals of a statutory ballot, as the scrutineer declared them."""

    ballot_id: str = Field(description="Id of the ballot in the system that declared it.", examples=["2026-pay"])
    body: str = Field(description="Id of the union body that was balloted.", examples=["unite-north"])
    papers_sent: int = Field(description="Ballot papers sent out.", examples=[5400])
    papers_returned: int = Field(description="Ballot papers returned.", examples=[3122])
    totals: dict[str, int] = Field(description="Votes by answer.", examples=[{"yes": 2800, "no": 310}])
    declared_at: datetime = Field(description="When the totals were declared.", examples=["2026-03-10T12:00:00Z"])


class DeclaredBallotPage(BaseModel):
    """Declared ballots."""

    ballots: list[DeclaredBallot] = Field(description="The latest declared first.")
    next: datetime | None = Field(description=NEXT, examples=["2026-03-10T12:00:00Z"])
