"""The topic `campaigns` published again, for consumers of a broker that was rebuilt."""

from collections.abc import Sequence
from uuid import UUID

from chassis.kafka.outbox import put
from chassis.kafka.republication import Republished
from chassis.observability.logs import get
from contracts.topics import CAMPAIGNS
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.campaigns.transitions import EVENT_OF_STATE
from segmenter.repository import campaigns, union_stop
from segmenter.service.base import Service
from segmenter.service.campaigns.transitions import snapshot
from segmenter.service.union_stop import stop_event

log = get(__name__)
_BATCH = 200


class Republication(Service):
    """Rows are locked until their snapshot is in the outbox, so that it cannot come after a later one."""

    async def publish(self) -> Sequence[Republished]:
        """Every campaign that was launched, and the union-wide stop."""
        published, after = await self._publish_stop(), UUID(int=0)
        while True:
            async with self._database.transaction() as session:
                page = await campaigns.lock_launched(session, after, _BATCH)
                readable = [each for each in page if isinstance(each, Campaign)]
                events = [
                    await snapshot(session, self._settings, EVENT_OF_STATE[each.state], each) for each in readable
                ]
                await put(session, self._settings.service, events)
            if not page:
                return [Republished(CAMPAIGNS.name, published)]
            for each in page:
                if not isinstance(each, Campaign):
                    log.error("campaign not published again", campaign_id=str(each.campaign_id), reason=each.reason)
            published, after = published + len(readable), page[-1].campaign_id

    async def _publish_stop(self) -> int:
        async with self._database.transaction() as session:
            stop = await union_stop.present(session, lock=True)
            if stop.at is None:
                return 0
            await put(session, self._settings.service, [stop_event(self._settings, stop, stop.at)])
            return 1
