"""What `muster topics accept-rebuilt ballot` publishes again."""

from collections.abc import Sequence

from ballot.service.republication import Republication
from ballot.settings import Settings
from chassis.clock import Clock
from chassis.db.database import command_database
from chassis.kafka.republication import Republished


async def republish() -> Sequence[Republished]:
    """In the service's own environment."""
    settings = Settings()
    clock = Clock(settings.clock_start, settings.time_zone)
    async with command_database(settings.database_url) as database:
        return await Republication(database, settings.ids, clock).publish()
