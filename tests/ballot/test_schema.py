"""Ballot's models and migrations."""

import asyncio

from chassis.db.migrations import check

from tests.support.world import World


async def test_models_and_migrations_agree(world: World) -> None:
    await asyncio.to_thread(check, "ballot", world.database_url("ballot"))
