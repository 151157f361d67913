"""Test sends: the campaign's own words as real deliveries to named staff."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, Fault, Refused, TooMany
from chassis.http.auth import Caller
from contracts.enums import CampaignState
from segmenter.domain.campaign import Definition
from segmenter.domain.checking import expired
from segmenter.domain.facts import Named
from segmenter.domain.plan import Plan
from segmenter.domain.rules import Rule, within
from segmenter.domain.transitions import Deed
from segmenter.repository import campaigns, planning, staff
from segmenter.service.campaigns import found, poll_fault, refuse
from segmenter.service.launching import announce
from segmenter.service.repeating import Bell
from segmenter.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession

MAX_STAFF = 20
_HOUR = timedelta(hours=1)
_COPIED = ("name", "body", "definition", "expires_at", "urgent", "sensitive")


class Trying:
    """A test send is a campaign of its own, so that it is sent like any other and counted apart."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, wakeup: Bell) -> None:
        self._database, self._clock, self._settings, self._bell = database, clock, settings, wakeup

    async def send(self, caller: Caller, campaign_id: UUID, test_id: UUID, member_ids: Sequence[UUID]) -> Any:
        """Launch a test to these members of the test staff; gives its campaign.

        `test_id` is the caller's: the same one again gives the same test, and nothing is sent again. Raises Refused,
        Conflict, TooMany.
        """
        rule = within(Named(member_ids=tuple(sorted(set(member_ids)))), caller.branch)
        own_id = self._settings.ids.event("test-send", campaign_id, test_id)
        async with self._database.transaction() as session:
            campaign = await found(session, caller, campaign_id, to_change=True)
            before = await campaigns.one(session, own_id)
            if before is not None:
                return _same(before, rule)
            await self._allowed(session, campaign, member_ids)
            test = await self._launch(session, caller, campaign, rule, own_id)
        self._bell.set()
        return test

    async def tests(self, caller: Caller, campaign_id: UUID) -> Sequence[Any]:
        """The tests of a campaign, the latest first."""
        async with self._database.transaction() as session:
            await found(session, caller, campaign_id)
            return await campaigns.tests_of(session, campaign_id)

    async def _allowed(self, session: AsyncSession, campaign: Any, member_ids: Sequence[UUID]) -> None:
        if campaign.state not in (CampaignState.DRAFT, CampaignState.APPROVED) or campaign.test_of:
            raise Conflict("only what is not launched yet is tried out", field="state")
        definition = Definition.model_validate(campaign.definition)
        refuse([*expired(definition, self._clock.now()), *await poll_fault(session, definition.poll_id, self._clock)])
        named = await staff.among(session, member_ids)
        strangers = [index for index, member_id in enumerate(member_ids) if member_id not in named]
        refuse([Fault(f"member_ids.{index}", "is not on the list of test staff") for index in strangers])
        await self._not_too_often(session)

    async def _not_too_often(self, session: AsyncSession) -> None:
        now, most = self._clock.now(), self._settings.tests_per_hour
        made = await campaigns.tests_since(session, now - _HOUR)
        if len(made) >= most:
            wait = made[len(made) - most] + _HOUR - now
            raise TooMany(f"at most {most} tests are sent in an hour", retry_after=wait.total_seconds())

    async def _recipients(self, session: AsyncSession, definition: Definition, rule: Rule) -> int:
        planned = await planning.skipped(session, Plan.of(definition, rule, self._clock.now().date()))
        recipients = planned.get(None, 0)
        if not 0 < recipients <= MAX_STAFF:
            reason = f"a test goes to 1 to {MAX_STAFF} people who can be reached, not to {recipients}"
            raise Refused(reason, field="member_ids")
        return recipients

    async def _launch(self, session: AsyncSession, caller: Caller, campaign: Any, rule: Rule, own_id: UUID) -> Any:
        now = self._clock.now()
        recipients = await self._recipients(session, Definition.model_validate(campaign.definition), rule)
        row = {
            **{name: campaign._mapping[name] for name in _COPIED},
            "campaign_id": own_id,
            "test_of": campaign.campaign_id,
            "version": 1,
            "state": CampaignState.APPROVED.value,
            "created_by": caller.client_id,
            "created_at": now,
            "updated_by": caller.client_id,
            "authors": [caller.client_id],
            "updated_at": now,
            "approved_recipients": recipients,
        }
        await campaigns.add(session, row)
        test = await campaigns.one(session, row["campaign_id"])
        values = {"rule": rule.model_dump(mode="json"), "launched_on": now.date(), "launched_by": caller.client_id}
        return await announce(session, self._clock, self._settings, test, Deed.LAUNCH, **values)


def _same(before: Any, rule: Rule) -> Any:
    """The test that was sent under this id. Raises Refused when another one is meant."""
    if before.rule != rule.model_dump(mode="json"):
        raise Refused("another test has this id", field="test_id")
    return before
