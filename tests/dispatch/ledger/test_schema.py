"""The database says the same as the models and the transition table."""

import itertools
import uuid
from datetime import date

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from contracts import topics
from dispatch import models
from dispatch.admission import sql as admission_sql
from dispatch.ledger.states import PAIRS, State
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House


def differences(connection: Connection) -> list[object]:
    def known(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or name in models.metadata.tables

    options = {"include_name": known, "compare_type": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), models.metadata))


async def test_the_first_migration_makes_what_the_models_say(quiet_house: House) -> None:
    async with quiet_house.database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_database_lets_through_exactly_the_moves_of_the_table(quiet_house: House) -> None:
    house = quiet_house
    (delivery,) = await house.known(campaign(), member())
    for was, to in itertools.product(State, State):
        if was is not to:
            assert await moves(house, delivery, was, to) == ((was, to) in PAIRS), (was, to)


async def moves(house: House, delivery: uuid.UUID, was: State, to: State) -> bool:
    """Whether the trigger allows it; the row is put into its first state behind the trigger's back."""
    async with house.database.engine.connect() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("UPDATE deliveries SET state = :was"), {"was": was.value})
        await connection.execute(text("SET LOCAL session_replication_role = origin"))
        try:
            await connection.execute(text("UPDATE deliveries SET state = :to, rev = rev + 1"), {"to": to.value})
        except DBAPIError as error:
            return "a delivery cannot go" not in str(error)
        finally:
            await connection.rollback()
    return True


@pytest.mark.parametrize("change", ["gen = gen - 1", "rev = rev - 1", "state = 'skipped'"])
async def test_a_generation_or_a_revision_never_falls_and_a_move_raises_the_revision(
    quiet_house: House, change: str
) -> None:
    await quiet_house.known(campaign(), member())
    with pytest.raises(DBAPIError, match="a delivery cannot go"):
        async with quiet_house.database.engine.begin() as connection:
            await connection.execute(text(f"UPDATE deliveries SET {change}"))


async def test_admission_makes_the_partition_of_the_month_and_a_repeat_changes_nothing(quiet_house: House) -> None:
    house = quiet_house
    old, new = campaign(launched_on=date(2026, 2, 27)), campaign(launched_on=date(2031, 12, 31))
    person = member()
    requests = [house.request(one, person) for one in (old, new)]
    for _ in range(2):
        await house.hear(topics.SMS_REQUESTS, *requests, *requests)
    rows = await house.rows("SELECT tableoid::regclass::text AS part, delivery_id FROM deliveries ORDER BY month")
    assert [row.part for row in rows] == ["deliveries_2026_02", "deliveries_2031_12"]
    assert house.count("admitted_total") == 2
    assert admission_sql.month_of(date(2031, 12, 31)) == date(2031, 12, 1)


async def test_another_channels_request_is_not_ours(quiet_house: House) -> None:
    request = quiet_house.request(campaign(), member(), channel="email")
    await quiet_house.hear(topics.SMS_REQUESTS, request)
    assert await quiet_house.rows("SELECT 1 FROM deliveries") == []


async def test_the_ledger_has_partial_indexes_beside_those_of_the_delivery_and_the_member(quiet_house: House) -> None:
    rows = await quiet_house.rows("SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'deliveries_2%'")
    assert rows == []
    await quiet_house.known(campaign(), member())
    rows = await quiet_house.rows("SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'deliveries_2%'")
    whole = [row.indexname for row in rows if "WHERE" not in row.indexdef]
    assert sorted(whole) == ["deliveries_2026_03_member_id_idx", "deliveries_2026_03_pkey"]
    (part,) = await quiet_house.rows("SELECT reloptions FROM pg_class WHERE relname = 'deliveries_2026_03'")
    assert "fillfactor=70" in part.reloptions
