"""Which replies were taken already, and whose delivery an unsubscribe link belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

_NOTE_ALL = """
INSERT INTO replies_taken (reply_id, at) SELECT unnest(CAST(:ids AS uuid[])), :at ON CONFLICT DO NOTHING
RETURNING reply_id
"""
_TAKEN = "SELECT reply_id FROM replies_taken WHERE reply_id = ANY(CAST(:ids AS uuid[]))"
_DELIVERY = """
SELECT d.delivery_id, d.campaign_id, d.step, d.member_id, coalesce(d.address_hash, c.address_hash) AS address_hash
FROM deliveries d LEFT JOIN contacts c USING (member_id) WHERE d.delivery_id = :id
"""


@dataclass(frozen=True, slots=True)
class Addressed:
    """A delivery with the address it went to."""

    delivery_id: UUID
    campaign_id: UUID
    step: int
    member_id: UUID
    address_hash: str | None


async def note_all(session: AsyncSession, reply_ids: Sequence[UUID], at: datetime) -> list[UUID]:
    """Those that were not taken before."""
    return list((await run(session, _NOTE_ALL, ids=sorted(reply_ids), at=at)).scalars())


async def taken(session: AsyncSession, reply_ids: Sequence[UUID]) -> set[UUID]:
    """Those that were taken before."""
    return set((await run(session, _TAKEN, ids=list(reply_ids))).scalars())


async def delivery(session: AsyncSession, delivery_id: UUID) -> Addressed | None:
    """The delivery, if the ledger has it."""
    row = (await run(session, _DELIVERY, id=delivery_id)).one_or_none()
    return None if row is None else Addressed(**row._mapping)
