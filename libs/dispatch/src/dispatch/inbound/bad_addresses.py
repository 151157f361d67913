"""Addresses that a provider called bad."""

from collections.abc import Sequence
from datetime import datetime

from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

_MARK = """
INSERT INTO bad_addresses (address_hash, code, at)
SELECT DISTINCT ON (n.hash) n.hash, n.code, :now FROM unnest(CAST(:hashes AS text[]), CAST(:codes AS text[]))
    AS n(hash, code) ORDER BY n.hash
ON CONFLICT DO NOTHING
"""


async def mark(session: AsyncSession, bad: Sequence[tuple[str, str]], now: datetime) -> None:
    """(address hash, provider's code) pairs that cannot be reached."""
    await run(session, _MARK, now=now, hashes=[item for item, _ in bad], codes=[code for _, code in bad])


async def unmark(session: AsyncSession, hashes: Sequence[str]) -> int:
    """These can be reached after all; how many had been called bad."""
    statement = "DELETE FROM bad_addresses WHERE address_hash = ANY(CAST(:hashes AS text[]))"
    return (await run(session, statement, hashes=list(hashes))).rowcount
