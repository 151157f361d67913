"""What `muster topics accept-rebuilt segmenter` publishes again."""

from collections.abc import Sequence

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.republication import Republished
from chassis.wakeup import Wakeup
from segmenter.service.base import Parts
from segmenter.service.republication import Republication
from segmenter.settings import Settings


async def republish() -> Sequence[Republished]:
    """In the service's own environment."""
    settings = Settings()
    database = Database(settings.database_url, pool_size=1)
    try:
        return await Republication(
            Parts(database, Clock(settings.clock_start, settings.time_zone), settings, Wakeup())
        ).publish()
    finally:
        await database.close()
