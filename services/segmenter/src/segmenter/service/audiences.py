"""From a launched campaign to its audience, frozen from a projection that holds all that was published before."""

from uuid import UUID

from chassis.kafka.catch_up import CatchUp
from chassis.observability.logs import get
from contracts.enums import CampaignState
from contracts.topics import MEMBERS, MEMBERS_SENSITIVE, PARTICIPATION, Topic
from segmenter.domain.audience_plan import AudiencePlan
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.campaigns.quarantine import concerning
from segmenter.domain.segments.sensitivity import names_sensitive_interest, polls_in
from segmenter.repository import audiences, campaigns, fanout, locks
from segmenter.service.access import is_sensitive
from segmenter.service.base import Parts, Service
from segmenter.service.projection import BALLOTS_GROUP, MEMBERS_GROUP

log = get(__name__)


class Audiences(Service):
    """A step that any number of replicas may take; each audience is frozen by one of them.

    `patience`: seconds that one try waits for the projection to take over what was published on a topic before it.
    `urgent_only`: leaves other campaigns to another step, so that an alert does not wait for a large audience.
    """

    def __init__(self, parts: Parts, reading: CatchUp, patience: float = 10.0, *, urgent_only: bool = False) -> None:
        super().__init__(parts)
        self._reading, self._patience, self._urgent_only = reading, patience, urgent_only
        self._ends: dict[UUID, dict[Topic, dict[int, int]]] = {}
        """How far the topics reached when each of the waiting campaigns was first seen."""

    async def freeze_next(self) -> bool:
        """Freeze the audience of one launched campaign; True if that was done.

        One that waits for its topics to be read does not keep others from being frozen. Raises Unavailable while the
        broker is away: it is not known then what was published.
        """
        async with self._database.transaction() as session:
            waiting = await campaigns.without_audience(session, urgent_only=self._urgent_only)
        self._ends = {each.campaign_id: self._ends.get(each.campaign_id, {}) for each in waiting}
        for campaign in waiting:
            with concerning(campaign.campaign_id):
                if await self._is_up_to_date(campaign) and await self._freeze(campaign.campaign_id):
                    return True
        return False

    async def _is_up_to_date(self, campaign: Campaign) -> bool:
        """Whether the projection holds what was published before the campaign was first seen waiting; an audience
        from less stays wrong."""
        ends = self._ends[campaign.campaign_id]
        for group, topic in _topics_needed(campaign):
            if topic not in ends:
                ends[topic] = await self._reading.ends(topic)
            if not await self._reading.gets_past(group, topic, ends[topic], within=self._patience):
                log.warning("audience not frozen yet", campaign_id=str(campaign.campaign_id), still_read=topic.name)
                return False
        return True

    async def _freeze(self, campaign_id: UUID) -> bool:
        async with self._database.transaction() as session:
            if not await locks.try_lock(session, f"freeze {campaign_id}"):
                return False
            campaign = await campaigns.one(session, campaign_id)
            if campaign is None or campaign.frozen_at is not None or campaign.state != CampaignState.LAUNCHED:
                return False
            now, rule = self._clock.now(), campaign.rule
            assert rule is not None
            fatigue = None if campaign.test_of else self._settings.fatigue_cap(campaign.definition, now)
            plan = AudiencePlan(campaign.definition, rule, self._clock.today(), fatigue)
            size = await audiences.freeze(session, campaign_id, plan)
            await fanout.create_shards(session, campaign_id, size, self._settings.fanout_shard)
            await campaigns.change(
                session,
                campaign_id,
                frozen_at=now,
                audience_size=size,
                planned_skips=await audiences.planned_skips(session, campaign_id),
                # A campaign that this one builds on may have become sensitive after the approval.
                sensitive=campaign.sensitive or await is_sensitive(session, rule),
            )
        self._wakeup.set()
        log.info("audience frozen", campaign_id=str(campaign_id), members=size)
        return True


def _topics_needed(campaign: Campaign) -> list[tuple[str, Topic]]:
    """The topics that an audience is selected by, with the groups that consume them."""
    assert campaign.rule is not None
    needed = [(MEMBERS_GROUP, MEMBERS)]
    if names_sensitive_interest(campaign.rule):
        needed.append((MEMBERS_GROUP, MEMBERS_SENSITIVE))
    if campaign.definition.poll_id or polls_in(campaign.rule):
        needed.append((BALLOTS_GROUP, PARTICIPATION))
    return needed
