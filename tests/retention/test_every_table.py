"""Every table that a service's migrations make has a span, each is kept by an index, and docs/retention.md says so."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from chassis.db.database import Database
from chassis.retention.spans import Span
from contracts.topics import ALL
from sqlalchemy import text

from tests.retention.page import PAGE, SPANS, page, settings_of, spans_of
from tests.support.world import World

_TABLES = text("""
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'alembic_version'
""")
every_service = pytest.mark.parametrize("service", SPANS)


@pytest.fixture
async def database(world: World, service: str) -> AsyncIterator[Database]:
    database = Database(world.database_url(service), pool_size=1)
    yield database
    await database.close()


@every_service
async def test_every_table_has_a_span_and_every_span_a_table(service: str, database: Database) -> None:
    async with database.transaction() as session:
        there = set((await session.execute(_TABLES)).scalars())
    assert there == {span.table for span in spans_of(service)}
    assert len(spans_of(service)) == len(there)


@every_service
async def test_no_span_is_kept_by_a_scan_of_its_table(service: str, database: Database) -> None:
    spans = spans_of(service)
    for span in spans:
        if span.expired:
            plan = await _plan(database, f"SELECT ctid FROM {span.table} WHERE {span.expired}", span)
            assert f"Seq Scan on {span.table}" not in plan, plan
        for part in span.parts:
            plan = await _plan(database, f"SELECT ctid FROM {part} WHERE {span.key} = :owner", span)
            assert f"Seq Scan on {part}" not in plan, plan


async def _plan(database: Database, query: str, span: Span) -> str:
    """Of a table that is large: of an empty one a scan would be right."""
    given = {"before": datetime(2026, 1, 1, tzinfo=UTC), "owner": UUID(int=1)}
    async with database.transaction() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        named = {name: value for name, value in given.items() if f":{name}" in query}
        return "\n".join((await session.execute(text(f"EXPLAIN {query}"), named)).scalars())


@every_service
def test_a_span_says_why_and_names_a_setting_that_is_there(service: str) -> None:
    spans = {span.table: span for span in spans_of(service)}
    for span in spans.values():
        assert span.why
        assert ("{days}" in span.kept) == bool(span.setting), span.table
        if span.setting:
            assert settings_of(service).model_fields[span.setting].default > 0
        assert set(span.parts) <= spans.keys()
        assert bool(span.parts) == bool(span.key)


def test_every_topic_says_why_it_is_kept() -> None:
    assert all(topic.kept for topic in ALL)


def test_the_page_says_what_the_code_declares() -> None:
    assert PAGE.read_text() == page(), "python -m tests.retention.page writes it"
