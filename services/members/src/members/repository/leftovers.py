"""Where something of an erased member may be left, and rolls that have done their work."""

from collections.abc import Mapping
from datetime import datetime

from members.models import ImportPersonRow, ImportRow
from members.repository import imports
from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

ERASED = "SELECT member_id FROM erased"
TABLES = (
    "members",
    "contact_points",
    "memberships",
    "interests",
    "consents",
    "history",
    "imports",
    "import_people",
    "import_rejections",
    "import_leavers",
    "received_events",
    "outbox",
    "dead_letters",
)
LEFT = {"members": "SELECT count(*) FROM members JOIN gone USING (member_id)"}
"""All else of a member goes with their row, by cascade; rolls are searched by number at the erasure itself."""


async def clear(session: AsyncSession, now: datetime) -> Mapping[str, int]:
    """Rolls past their time; and of those still kept, the people who have been applied: nobody reads them again."""
    old = await imports.prune(session, now - imports.ROLLS_KEPT)
    applied = select(ImportRow.import_id).where(col(ImportRow.applied_at).is_not(None))
    settled = update(ImportPersonRow).where(
        col(ImportPersonRow.import_id).in_(applied),
        col(ImportPersonRow.outcome).is_not(None),
        col(ImportPersonRow.membership_number) != "",
    )
    people = await session.exec(settled.values(membership_number="", lines=[], rows=[], record={}))
    return {"rolls past their time": old, "people of applied rolls": people.rowcount}
