"""From a launched campaign to its audience, frozen from a projection that holds all that was said before."""

from typing import Any
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.catch_up import CatchUp
from chassis.observability.logs import get
from contracts.enums import CampaignState
from contracts.topics import MEMBERS, MEMBERS_SENSITIVE, PARTICIPATION, Topic
from segmenter.domain.campaign import Definition
from segmenter.domain.plan import Plan
from segmenter.domain.rules import read_rule
from segmenter.domain.sensitive import asks, polls_in
from segmenter.repository import campaigns, fanout, planning
from segmenter.service.projection import BALLOTS_GROUP, MEMBERS_GROUP
from segmenter.service.repeating import Bell
from segmenter.service.sensitive import is_sensitive
from segmenter.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)
_PATIENCE = 10.0
"""Seconds that one try waits for the projection to take over what was said before it."""


class Freezing:
    """A step that any number of replicas may take; each audience is frozen by one of them.

    `patience`: seconds that one try waits for each topic.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        reading: CatchUp,
        wakeup: Bell,
        patience: float = _PATIENCE,
    ) -> None:
        self._database, self._clock, self._settings = database, clock, settings
        self._reading, self._bell, self._patience = reading, wakeup, patience
        self._said: dict[UUID, dict[Topic, dict[int, int]]] = {}
        """How far the topics reached when each of those that wait was first seen."""

    async def freeze(self) -> bool:
        """Freeze the audience of one launched campaign; True if that was done.

        One that waits for its topics to be read does not keep others from being frozen. Raises Unavailable while the
        broker is away: nobody can tell then what was said.
        """
        async with self._database.transaction() as session:
            waiting = await campaigns.unfrozen(session)
        self._said = {each.campaign_id: self._said.get(each.campaign_id, {}) for each in waiting}
        for campaign in waiting:
            if await self._has_been_read(campaign) and await self._freeze(campaign.campaign_id):
                return True
        return False

    async def _has_been_read(self, campaign: Any) -> bool:
        """Whether the projection holds what was said of anybody before it was first seen waiting; an audience from less
        is wrong for good."""
        for group, topic in _asked_about(Definition.model_validate(campaign.definition), campaign.rule):
            said = self._said[campaign.campaign_id]
            if topic not in said:
                said[topic] = await self._reading.ends(topic)
            if not await self._reading.gets_past(group, topic, said[topic], within=self._patience):
                log.warning("audience not frozen yet", campaign_id=str(campaign.campaign_id), still_read=topic.name)
                return False
        return True

    async def _freeze(self, campaign_id: UUID) -> bool:
        async with self._database.transaction() as session:
            if not await fanout.try_alone(session, f"freeze {campaign_id}"):
                return False
            campaign = await campaigns.one(session, campaign_id)
            if campaign is None or campaign.frozen_at is not None or campaign.state != CampaignState.LAUNCHED:
                return False
            size = await self._write_down(session, campaign)
        self._bell.set()
        log.info("audience frozen", campaign_id=str(campaign_id), members=size)
        return True

    async def _write_down(self, session: AsyncSession, campaign: Any) -> int:
        campaign_id, now = campaign.campaign_id, self._clock.now()
        definition = Definition.model_validate(campaign.definition)
        fatigue = None if campaign.test_of else self._settings.fatigue(definition, now)
        plan = Plan.of(definition, read_rule(campaign.rule), now.date(), fatigue)
        size = await planning.freeze(session, campaign_id, plan)
        await fanout.cut(session, campaign_id, size, self._settings.fanout_shard)
        frozen = {
            "frozen_at": now,
            "audience_size": size,
            "planned_skips": await planning.planned_skips(session, campaign_id),
            # A campaign that this one builds on may have become sensitive after the approval.
            "sensitive": campaign.sensitive or await is_sensitive(session, plan.rule),
        }
        await campaigns.change(session, campaign_id, **frozen)
        return size


def _asked_about(definition: Definition, stored_rule: object) -> list[tuple[str, Topic]]:
    """The topics that an audience is selected by, with the groups that hear them."""
    rule = read_rule(stored_rule)
    wanted = [(MEMBERS_GROUP, MEMBERS)]
    if asks(rule):
        wanted.append((MEMBERS_GROUP, MEMBERS_SENSITIVE))
    if definition.poll_id or polls_in(rule):
        wanted.append((BALLOTS_GROUP, PARTICIPATION))
    return wanted
