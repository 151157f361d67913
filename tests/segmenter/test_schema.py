"""The segmenter's models and migrations agree, and the query that runs every second uses its indexes."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.db.database import Database
from chassis.db.migrations import check
from segmenter.repository import deliveries
from sqlalchemy import event, text

from tests.support.world import World

_MANY = text("""
    INSERT INTO deliveries (delivery_id, campaign_id, ordinal, step, channel, rest, member_id, test, status, reason,
                            rev, at)
    SELECT gen_random_uuid(), c.id, n, 1, 'sms', '{}', gen_random_uuid(), false,
           CASE WHEN n = 20000 THEN 'held' ELSE 'delivered' END, '', 1, now()
    FROM (SELECT gen_random_uuid() AS id) c, generate_series(1, 20000) n
""")


async def test_models_and_migrations_agree(world: World) -> None:
    await asyncio.to_thread(check, "segmenter", world.database_url("segmenter"))


async def test_one_held_delivery_does_not_make_the_ended_ones_be_read(world: World) -> None:
    database = Database(world.database_url("segmenter"))
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, given: Any, *_: object) -> None:
        seen.append((statement, given))

    try:
        async with database.transaction() as session:
            await session.execute(_MANY)
            await session.execute(text("ANALYZE deliveries"))
            event.listen(database.engine.sync_engine, "before_cursor_execute", note)
            await deliveries.finished_campaigns(session, datetime.now(UTC), timedelta(hours=1))
            (statement, given), connection = seen[0], await session.connection()
            lines = (await connection.exec_driver_sql(f"EXPLAIN {statement}", given)).scalars().all()
    finally:
        await database.close()
    plan = "\n".join(lines)
    assert "deliveries_open" in plan, plan
    assert "Seq Scan on deliveries" not in plan, plan
