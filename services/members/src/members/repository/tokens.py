"""Clients, signing keys and the rate of tries."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from members.domain.clients import Client, next_arrival
from members.domain.keys import Key
from members.models import ClientRow, KeyRow, RateRow
from members.repository import bulk
from sqlalchemy import text
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

_FIRST_TRY = text("INSERT INTO token_rates (key, arrival) VALUES (:key, :arrival) ON CONFLICT DO NOTHING")
KEYS = 7_303
"""Advisory lock of whoever makes a key."""


async def client(session: AsyncSession, client_id: str) -> Client | None:
    """One client."""
    row = (await session.exec(select(ClientRow).where(ClientRow.client_id == client_id))).first()
    return _client(row) if row else None


async def clients(session: AsyncSession) -> list[Client]:
    """All clients in order of id."""
    return [_client(row) for row in await session.exec(select(ClientRow).order_by(ClientRow.client_id))]


def _client(row: ClientRow) -> Client:
    return Client(row.client_id, row.secret_hash, row.salt, tuple(row.scopes), row.branch, row.created_at)


async def add(session: AsyncSession, item: Client) -> None:
    """A new client."""
    session.add(ClientRow(**bulk.columns(item) | {"scopes": list(item.scopes)}))
    await session.flush()


async def remove(session: AsyncSession, client_id: str) -> bool:
    """Whether there was one."""
    gone = await session.exec(
        delete(ClientRow).where(col(ClientRow.client_id) == client_id).returning(col(ClientRow.client_id))
    )
    return gone.first() is not None


async def keys(session: AsyncSession) -> list[Key]:
    """All signing keys, the oldest first."""
    rows = await session.exec(select(KeyRow).order_by(col(KeyRow.signs_from)))
    return [Key(row.kid, row.public, row.sealed, row.signs_from, row.published_until) for row in rows]


async def keep(session: AsyncSession, wanted: list[Key]) -> None:
    """Store these keys and no other."""
    await session.exec(delete(KeyRow))
    session.add_all([KeyRow(**bulk.columns(key)) for key in wanted])
    await session.flush()


async def lock_keys(session: AsyncSession) -> None:
    """Alone with the keys until the transaction ends."""
    await bulk.lock(session, KEYS)


async def take(session: AsyncSession, rates: Mapping[str, int], now: datetime) -> timedelta:
    """Count a try for each key with its tries a minute; how long to wait if one is over (then none is counted)."""
    counted: list[dict[str, Any]] = []
    over: list[dict[str, Any]] = []
    longest = timedelta()
    for key in sorted(rates):
        await session.execute(_FIRST_TRY, {"key": key, "arrival": now})
        row = (await session.exec(select(RateRow).where(RateRow.key == key).with_for_update())).first()
        arrival, wait = next_arrival(row.arrival if row else None, now, rates[key])
        longest = max(longest, wait)
        (over if wait else counted).append({"key": key, "arrival": arrival})
    # One that is over keeps its arrival, or what a clock that was set back makes of it.
    await bulk.upsert(session, RateRow, "key", over or counted)
    return longest


async def give_back(session: AsyncSession, rates: Mapping[str, int]) -> None:
    """Take back a try that was counted for each key."""
    for key in sorted(rates):
        earlier = col(RateRow.arrival) - timedelta(minutes=1) / rates[key]
        await session.exec(update(RateRow).where(col(RateRow.key) == key).values(arrival=earlier))


async def prune_rates(session: AsyncSession, before: datetime) -> None:
    """Forget those who have not tried lately."""
    await session.exec(delete(RateRow).where(col(RateRow.arrival) < before))
