"""What `muster topics accept-rebuilt segmenter` publishes again."""

from collections.abc import Sequence

from chassis.clock import Clock
from chassis.db.database import command_database
from chassis.kafka.republication import Republished
from chassis.wakeup import Wakeup
from segmenter.service.base import Parts
from segmenter.service.republication import Republication
from segmenter.settings import Settings


async def republish() -> Sequence[Republished]:
    """In the service's own environment."""
    settings = Settings()
    clock = Clock(settings.clock_start, settings.time_zone)
    async with command_database(settings.database_url) as database:
        return await Republication(Parts(database, clock, settings, Wakeup())).publish()
