"""Test sends, a campaign's content as real deliveries to the test staff; and the list of that staff."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis.errors import Conflict, Fault, NotFound, Refused, TooMany
from chassis.http.auth import Caller
from contracts.enums import CampaignState
from segmenter.domain.audience_plan import AudiencePlan
from segmenter.domain.branch_access import require_whole_union
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.campaigns.test_staff import StaffMember
from segmenter.domain.campaigns.transitions import UNLAUNCHED, Action
from segmenter.domain.campaigns.validation import expiry_faults
from segmenter.domain.segments.conditions import MemberCondition
from segmenter.domain.segments.rules import Rule, within
from segmenter.repository import audiences, campaigns, test_staff
from segmenter.repository.locks import lock_for_copy
from segmenter.service.access import load_campaign
from segmenter.service.base import Service
from segmenter.service.campaigns.transitions import transition
from segmenter.service.campaigns.validation import require_valid
from sqlmodel.ext.asyncio.session import AsyncSession

MAX_RECIPIENTS = 20
_HOUR = timedelta(hours=1)


class TestSends(Service):
    """A test send is a campaign of its own, so that it is sent like any other and counted apart."""

    async def send(self, caller: Caller, campaign_id: UUID, test_id: UUID, member_ids: Sequence[UUID]) -> Campaign:
        """Launch a test to these members of the test staff; gives its campaign.

        `test_id` is the caller's: the same one again gives the same test, and nothing is sent again. Raises Refused,
        Conflict, TooMany.
        """
        rule = within(MemberCondition(member_ids=tuple(sorted(set(member_ids)))), caller.branch)
        test_campaign_id = self._settings.ids.event("test-send", campaign_id, test_id)
        async with self._database.transaction() as session:
            campaign = await load_campaign(session, caller, campaign_id, for_update=True)
            earlier = await campaigns.one(session, test_campaign_id)
            if earlier is not None and earlier.rule != rule:
                raise Refused("another test has this id", field="test_id")
            if earlier is not None:
                return earlier
            await self._check_allowed(session, campaign, member_ids)
            test = await self._launch(session, caller, campaign, rule, test_campaign_id)
        self._wakeup.set()
        return test

    async def of(self, caller: Caller, campaign_id: UUID, before: datetime | None, limit: int) -> Sequence[Campaign]:
        """A page of the test sends of a campaign, the latest first."""
        async with self._database.transaction() as session:
            await load_campaign(session, caller, campaign_id)
            return await campaigns.test_sends(session, campaign_id, before, limit)

    async def _check_allowed(self, session: AsyncSession, campaign: Campaign, member_ids: Sequence[UUID]) -> None:
        if campaign.state not in UNLAUNCHED or campaign.test_of:
            raise Conflict("only a campaign that is not launched yet can be sent as a test", field="state")
        staff = await test_staff.among(session, member_ids)
        others = [index for index, member_id in enumerate(member_ids) if member_id not in staff]
        faults = [Fault(f"member_ids.{index}", "is not on the list of test staff") for index in others]
        now = self._clock.now()
        await require_valid(session, campaign.definition, now, [*expiry_faults(campaign.definition, now), *faults])
        most = self._settings.tests_per_hour
        made = await campaigns.lock_test_sends_since(session, now - _HOUR)
        if len(made) >= most:
            wait = made[len(made) - most] + _HOUR - now
            raise TooMany(f"at most {most} tests are sent in an hour", retry_after=wait.total_seconds())

    async def _launch(
        self, session: AsyncSession, caller: Caller, campaign: Campaign, rule: Rule, test_campaign_id: UUID
    ) -> Campaign:
        now = self._clock.now()
        plan = AudiencePlan(campaign.definition, rule, self._clock.today())
        recipients = (await audiences.count_by_skip_reason(session, plan)).get(None, 0)
        if not 0 < recipients <= MAX_RECIPIENTS:
            reason = f"a test goes to 1 to {MAX_RECIPIENTS} people who can be reached, not to {recipients}"
            raise Refused(reason, field="member_ids")
        draft = Campaign.drafted(
            test_campaign_id, campaign.definition, by=caller.client_id, at=now, sensitive=campaign.sensitive
        )
        approved = {
            "test_of": campaign.campaign_id,
            "state": CampaignState.APPROVED,
            "rule": rule,
            "approved_recipients": recipients,
            "launched_by": caller.client_id,
            "launched_on": now.date(),
        }
        test = draft.model_copy(update=approved)
        await campaigns.add(session, test)
        return await transition(session, self._parts, test, Action.LAUNCH)


class TestStaff(Service):
    """One list for the whole union, kept by others than those who send the tests."""

    async def add(self, caller: Caller, member_id: UUID) -> None:
        """Put a member on the list. Raises NotFound for a member who is not active."""
        require_whole_union(caller.branch)
        staff = StaffMember(member_id=member_id, named_by=caller.client_id, named_at=self._clock.now())
        async with self._database.transaction() as session:
            await lock_for_copy(session)
            if not await test_staff.add(session, staff):
                raise NotFound("there is no such member")

    async def remove(self, caller: Caller, member_id: UUID) -> None:
        """Take a member off the list."""
        require_whole_union(caller.branch)
        async with self._database.transaction() as session:
            await test_staff.remove(session, member_id)

    async def page(self, caller: Caller, after: UUID | None, limit: int) -> Sequence[StaffMember]:
        """A page of the list, in order of id."""
        require_whole_union(caller.branch)
        async with self._database.transaction() as session:
            return await test_staff.page(session, after, limit)
