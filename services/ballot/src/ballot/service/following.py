"""What others say of our polls and of ballots that we only follow, and what we said ourselves before a restore."""

from collections.abc import Sequence
from uuid import UUID

from ballot.models import DeclaredBallot
from ballot.repository import polls as repository
from chassis.consuming import Batch
from chassis.database import Database
from chassis.logs import get
from contracts.ballots import BallotEvent
from contracts.campaigns import CampaignEvent
from contracts.union_events import BallotDeclared

log = get(__name__)


class Following:
    """Remembers which campaign asks which poll, and what scrutineers declared."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hear_campaigns(self, batch: Batch, campaigns: Sequence[CampaignEvent]) -> None:
        """Remember which campaign asks which poll. A test send asks nobody: an answer to it says itself what it is."""
        latest: dict[UUID, CampaignEvent] = {}
        for campaign in campaigns:
            known = latest.get(campaign.campaign_id)
            if campaign.poll_id and campaign.test_of is None and (known is None or known.version < campaign.version):
                latest[campaign.campaign_id] = campaign
        async with self._database.transaction() as session:
            if latest:
                await repository.hear_ask(session, list(latest.values()))
            await batch.store(session)

    async def hear_own(self, batch: Batch, ballots: Sequence[BallotEvent]) -> None:
        """Our own polls as they were told: a restored database goes on above them, and puts no closing off. It hears
        again exactly what its backup lacks; in any other, nothing told is newer than what is stored."""
        async with self._database.transaction() as session:
            behind = [await repository.go_on_above(session, ballot) for ballot in ballots]
            await batch.store(session)
        if any(behind):
            log.error("the database was restored", words=sum(behind))

    async def hear_declared(self, batch: Batch, declared: Sequence[BallotDeclared]) -> None:
        """Store what scrutineers declared, as it was told."""
        latest: dict[str, BallotDeclared] = {}
        for ballot in declared:
            known = latest.get(ballot.ballot_id)
            if known is None or known.declared_at <= ballot.declared_at:
                latest[ballot.ballot_id] = ballot
        async with self._database.transaction() as session:
            if latest:
                await repository.declare(session, list(latest.values()))
            await batch.store(session)

    async def declared(self) -> Sequence[DeclaredBallot]:
        """The declared ballots, the latest first."""
        async with self._database.transaction() as session:
            return await repository.declared(session)
