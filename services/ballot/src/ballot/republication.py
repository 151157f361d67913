"""What `muster topics accept-rebuilt ballot` publishes again."""

from collections.abc import Sequence

from ballot.service.republication import Republication
from ballot.settings import Settings
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.republication import Republished


async def republish() -> Sequence[Republished]:
    """In the service's own environment."""
    settings = Settings()
    database = Database(settings.database_url, pool_size=1)
    try:
        return await Republication(database, settings.ids, Clock(settings.clock_start, settings.time_zone)).publish()
    finally:
        await database.close()
