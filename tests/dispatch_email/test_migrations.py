"""The schema that migrations make is the one the models describe."""

import asyncio

from chassis.db import migrations

from tests.support.world import World


async def test_models_and_migrations_agree(world: World) -> None:
    await asyncio.to_thread(migrations.check, "dispatch_email", world.database_url("dispatch_email"))
