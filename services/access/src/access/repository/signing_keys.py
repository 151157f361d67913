"""Signing keys."""

from access.domain.signing_keys import SigningKey
from access.models.tokens import SigningKeyRow
from sqlalchemy import text
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

_LOCK = 7_303


async def lock(session: AsyncSession) -> None:
    """One transaction at a time makes a key; held until it ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


async def all_keys(session: AsyncSession) -> list[SigningKey]:
    """The oldest first."""
    found = await session.exec(select(SigningKeyRow).order_by(col(SigningKeyRow.signs_from)))
    return [SigningKey(row.kid, row.public, row.sealed, row.signs_from, row.published_until) for row in found]


async def replace_all(session: AsyncSession, keys: list[SigningKey]) -> None:
    """Store these keys and delete every other."""
    await session.exec(delete(SigningKeyRow))
    session.add_all(SigningKeyRow.model_validate(key, from_attributes=True) for key in keys)
    await session.flush()
