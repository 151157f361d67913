"""Where an erased member may still occur, and what an erasure sweep clears besides."""

from collections.abc import Mapping
from datetime import datetime

from members.repository.imports import deletion
from sqlmodel.ext.asyncio.session import AsyncSession

ERASED = "SELECT member_id FROM erased"
TABLES = (
    "members",
    "contact_points",
    "memberships",
    "interests",
    "consents",
    "stopped_addresses",
    "history",
    "imports",
    "import_pieces",
    "import_withdrawals",
    "import_people",
    "import_rejections",
    "import_leavers",
    "received_events",
    "outbox",
    "dead_letters",
)
LEFT = {"members": "SELECT count(*) FROM members JOIN gone USING (member_id)"}
"""All else of a member goes with their row, by cascade; rolls are searched at the erasure itself."""


async def clear(session: AsyncSession, now: datetime) -> Mapping[str, int]:
    """Numbers of rolls past their time, and of people in applied rolls."""
    old = await deletion.prune(session, now)
    return {"rolls past their time": old, "people of applied rolls": await deletion.clear_applied(session)}
