"""Rates of token attempts by client and address."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from access.domain.rate_limit import PERIOD, next_arrival
from access.models.tokens import TokenRateRow
from chassis.db import rows
from sqlalchemy import text
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

_FIRST = text("INSERT INTO token_rates (key, arrival) VALUES (:key, :arrival) ON CONFLICT DO NOTHING")


async def count(session: AsyncSession, rates: Mapping[str, int], now: datetime) -> timedelta:
    """Count an attempt for each key with its rate a minute; how long to wait if one is exceeded (none is counted)."""
    counted: list[rows.Row] = []
    exceeded: list[rows.Row] = []
    longest = timedelta()
    for key in sorted(rates):
        await session.execute(_FIRST, {"key": key, "arrival": now})
        row = (await session.exec(select(TokenRateRow).where(TokenRateRow.key == key).with_for_update())).first()
        arrival, wait = next_arrival(row.arrival if row else None, now, rates[key])
        longest = max(longest, wait)
        (exceeded if wait else counted).append({"key": key, "arrival": arrival})
    # An exceeded one keeps its arrival, or has it corrected after the clock was set back.
    await rows.upsert(session, TokenRateRow, "key", exceeded or counted)
    return longest


async def discount(session: AsyncSession, rates: Mapping[str, int]) -> None:
    """Take back a counted attempt of each key."""
    for key in sorted(rates):
        earlier = col(TokenRateRow.arrival) - PERIOD / rates[key]
        await session.exec(update(TokenRateRow).where(col(TokenRateRow.key) == key).values(arrival=earlier))
