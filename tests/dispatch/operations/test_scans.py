"""No periodic step of a dispatcher reads a table that grows with messages or members from end to end."""

import re
from typing import Any

from sqlalchemy import event, text

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House

_GROW = {"attempts", "contacts", "served", "participation", "suppressions", "dead_letters", "replies_taken"}
_GROW |= {"bad_addresses", "address_holds"}


async def test_every_periodic_statement_goes_by_an_index(quiet_house: House) -> None:
    house, seen = quiet_house, dict[str, Any]()
    await house.known(campaign(), member(), member())
    await house.orphan()
    dispatch = house.dispatch
    dispatch.recovery.read.set()

    def note(_connection: object, _cursor: object, statement: str, given: Any, *_: object) -> None:
        if re.match(r"\s*(SELECT|WITH|UPDATE|DELETE)\b", statement):
            seen[statement] = given

    engine = house.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    for step in (
        dispatch.maintenance.step,
        dispatch.maintenance.measure,
        dispatch.address_holds.step,
        dispatch.campaign_changes.step,
        dispatch.reconciler.once,
        dispatch.publisher.publish,
        dispatch.retention.step,
    ):
        await step()
    event.remove(engine, "before_cursor_execute", note)
    assert len(seen) > 15
    scans: list[str] = []
    for statement, given in seen.items():
        async with house.database.transaction() as session:
            await session.execute(text("SET LOCAL enable_seqscan = off"))
            connection = await session.connection()
            lines = (await connection.exec_driver_sql(f"EXPLAIN {statement}", given)).scalars().all()
        tables = re.findall(r"Seq Scan on (\w+)", "\n".join(lines))
        scans += [f"{table}: {statement}" for table in tables if table in _GROW or table.startswith("deliveries")]
    assert not scans, "\n\n".join(scans)
