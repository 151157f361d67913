"""Test sends: the campaign's own words as real deliveries to named staff."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from chassis.auth import Caller
from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import Conflict, Refused
from contracts.vocabulary import CampaignState
from segmenter.domain import scope
from segmenter.domain.campaign import Definition
from segmenter.domain.checking import expired
from segmenter.domain.facts import Named
from segmenter.domain.plan import Plan
from segmenter.domain.rules import Rule, read_rule, within
from segmenter.domain.transitions import Deed
from segmenter.repository import campaigns, planning, segments
from segmenter.service.campaigns import found, poll_fault, refuse
from segmenter.service.launching import announce
from segmenter.service.repeating import Bell
from segmenter.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession

MAX_STAFF = 20


class Trying:
    """A test send is a campaign of its own, so that it is sent like any other and counted apart."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, bell: Bell) -> None:
        self._database, self._clock, self._settings, self._bell = database, clock, settings, bell

    async def send(
        self, caller: Caller, campaign_id: UUID, member_ids: Sequence[UUID], segment_id: UUID | None
    ) -> tuple[UUID, int]:
        """Launch a test to these members or this staff segment; gives its campaign id and recipients."""
        async with self._database.transaction() as session:
            campaign = await found(session, caller, campaign_id)
            if campaign.state not in (CampaignState.DRAFT, CampaignState.APPROVED) or campaign.test_of:
                raise Conflict("only what is not launched yet is tried out", field="state")
            definition = Definition.model_validate(campaign.definition)
            poll_faults = await poll_fault(session, definition.poll_id, self._clock)
            refuse([*expired(definition, self._clock.now()), *poll_faults])
            rule = await self._staff(session, caller, member_ids, segment_id)
            recipients = await self._recipients(session, definition, rule)
            test = await self._launch(session, caller, campaign, rule)
        self._bell.ring()
        return test.campaign_id, recipients

    async def tests(self, caller: Caller, campaign_id: UUID) -> Sequence[Any]:
        """The tests of a campaign, the latest first."""
        async with self._database.transaction() as session:
            await found(session, caller, campaign_id)
            return await campaigns.tests_of(session, campaign_id)

    async def _staff(
        self, session: AsyncSession, caller: Caller, member_ids: Sequence[UUID], segment_id: UUID | None
    ) -> Rule:
        if segment_id is None:
            return within(Named(member_ids=tuple(member_ids)), caller.branch)
        segment = await segments.one(session, segment_id)
        if segment is None:
            raise Refused("there is no such segment", field="segment_id")
        scope.check(segment.body, caller.branch)
        return within(read_rule(segment.rule), segment.body)

    async def _recipients(self, session: AsyncSession, definition: Definition, rule: Rule) -> int:
        planned = await planning.skipped(session, Plan.of(definition, rule, self._clock.now().date()))
        recipients = planned.get(None, 0)
        if not 0 < recipients <= MAX_STAFF:
            raise Refused(f"a test goes to 1 to {MAX_STAFF} people who can be reached, not to {recipients}")
        return recipients

    async def _launch(self, session: AsyncSession, caller: Caller, campaign: Any, rule: Rule) -> Any:
        now = self._clock.now()
        row = {
            **{name: campaign._mapping[name] for name in ("name", "body", "definition", "expires_at", "urgent")},
            "campaign_id": uuid4(),
            "test_of": campaign.campaign_id,
            "version": 1,
            "state": CampaignState.APPROVED.value,
            "created_by": caller.client_id,
            "created_at": now,
            "updated_by": caller.client_id,
            "updated_at": now,
        }
        await campaigns.add(session, row)
        test = await campaigns.one(session, row["campaign_id"])
        values = {"rule": rule.model_dump(mode="json"), "launched_on": now.date(), "launched_by": caller.client_id}
        return await announce(session, self._clock, self._settings, test, Deed.LAUNCH, **values)
