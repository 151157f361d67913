"""Campaigns that background steps have put aside, so that the others go on."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from chassis.db.database import is_about_values
from chassis.observability.logs import get
from chassis.observability.metrics import Metrics
from segmenter.domain.campaigns.quarantine import CampaignFailed, most_fail
from segmenter.repository import quarantine
from segmenter.service.base import Parts, Service
from sqlalchemy.exc import DBAPIError

log = get(__name__)


class Quarantine(Service):
    """A campaign in quarantine is left alone by every step. It is tried again after `quarantine_minutes`, and when a
    worker begins to lead: a new version of the code may read it."""

    def __init__(self, parts: Parts, metrics: Metrics) -> None:
        super().__init__(parts)
        self._gauge = metrics.gauge("campaigns_quarantined", "Campaigns that background steps have put aside")
        self._started = False

    def around(self, step: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[bool]]:
        """The step; the campaign that fails in it is put aside, and the step is taken again for the others."""

        async def guarded() -> bool:
            try:
                return await step()
            except CampaignFailed as failure:
                await self._put_aside(failure)
                return True

        return guarded

    async def release(self) -> None:
        """Try those again whose time is over, at first all; count the others."""
        lapse = timedelta(minutes=self._settings.quarantine_minutes if self._started else 0)
        async with self._database.transaction() as session:
            await quarantine.release(session, self._clock.now() - lapse)
            _, failing = await quarantine.counts(session)
        self._started = True
        self._gauge.set(failing)

    def resign(self) -> None:
        """Another worker counts from now on."""
        self._gauge.set(0)

    async def _put_aside(self, failure: CampaignFailed) -> None:
        """Raises what went wrong where it is no fault of the campaign: an error of the database that is not about
        values, or one that most campaigns meet."""
        cause = failure.cause
        if isinstance(cause, DBAPIError) and not is_about_values(cause):
            raise cause
        async with self._database.transaction() as session:
            in_motion, failing = await quarantine.counts(session)
            if most_fail(failing + 1, in_motion):
                log.error("most campaigns fail", failing=failing + 1, in_motion=in_motion)
                raise cause
            await quarantine.put(session, failure.campaign_id, failure.reason, self._clock.now())
        log.error("campaign in quarantine", campaign_id=str(failure.campaign_id), reason=failure.reason, exc_info=cause)
