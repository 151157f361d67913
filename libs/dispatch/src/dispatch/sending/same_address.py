"""Which delivery has an address for a campaign and step: one address gets one message.

A delivery holds its address from its first claim on. While it may still be sent, the others wait; once the provider has
taken it they are refused; if it ended without (skipped, rejected) the next one takes the address over. Of several that
are claimed at once the lock on the row lets one through, and the others find that one as the holder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db.statements import run_many
from dispatch.ledger.states import State
from dispatch.sending.claim_sql import Intent
from sqlmodel.ext.asyncio.session import AsyncSession

_SERVE = """
INSERT INTO served AS s (campaign_id, step, address_hash, slot, delivery_id, member_id, sender, poll_id, test,
    asked_at, expires_at)
SELECT campaign_id, step, address_hash, slot, delivery_id, member_id, sender, poll_id, test, asked_at, expires_at
FROM json_populate_recordset(NULL::served, CAST(:rows AS json)) ORDER BY campaign_id, step, address_hash, slot
ON CONFLICT (campaign_id, step, address_hash, slot) DO UPDATE SET
    (delivery_id, member_id, sender, poll_id, asked_at, expires_at) = (
        SELECT h.delivery_id, h.member_id, h.sender, h.poll_id, h.asked_at, h.expires_at
        FROM (
            SELECT 1 AS preferred, excluded.* FROM deliveries d
            WHERE d.delivery_id = s.delivery_id AND d.state IN ('skipped', 'rejected')
            UNION ALL SELECT 2, s.*
        ) h ORDER BY h.preferred LIMIT 1)
RETURNING s.campaign_id, s.step, s.address_hash, s.slot, s.delivery_id,
    (SELECT d.state FROM deliveries d WHERE d.delivery_id = s.delivery_id) AS state
"""
OPEN = frozenset({State.REQUESTED, State.SENDING, State.IN_DOUBT, State.HELD})
"""A delivery in one of these may still be sent, or may have been."""


@dataclass(frozen=True, slots=True)
class AddressClaim:
    """Who has an address. `state` is where that delivery stood when we looked; None: the ledger has it no more."""

    holder: UUID | None
    state: State | None


async def serve(session: AsyncSession, intents: Sequence[Intent], now: datetime) -> dict[UUID, AddressClaim]:
    """Take the addresses for this campaign and step; for each delivery, who has its address now. Keys must differ."""
    rows = await run_many(session, _SERVE, [item.row | {"asked_at": now} for item in intents])
    places = {
        (row.campaign_id, row.step, row.address_hash, row.slot): AddressClaim(
            row.delivery_id, State(row.state) if row.state else None
        )
        for row in rows
    }
    return {item.due.delivery_id: places[item.key] for item in intents}
