"""Where something of an erased member may be left, found without the ledger's own book of erasures (decision 0014)."""

from collections.abc import Sequence

from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

ERASED = "SELECT member_id FROM contacts WHERE erased"
HEARD_BY = "members"
"""The group that hears members."""
TABLES = (
    "contacts",
    "deliveries",
    "attempts",
    "served",
    "participation",
    "erasures",
    "suppressions",
    "bad_addresses",
    "outbox",
    "dead_letters",
)
LEFT = {
    "contacts": """SELECT count(*) FROM contacts JOIN gone USING (member_id)
        WHERE address IS NOT NULL OR address_hash IS NOT NULL OR given_name <> '' OR family_name <> ''""",
    "deliveries that have not ended": """SELECT count(*) FROM deliveries JOIN gone USING (member_id)
        WHERE state IN ('requested', 'sending', 'in_doubt', 'held')""",
    "deliveries": """SELECT count(*) FROM deliveries JOIN gone USING (member_id)
        WHERE address_hash IS NOT NULL OR merge <> '{}'::jsonb""",
    "attempts": """SELECT count(*) FROM attempts JOIN deliveries USING (delivery_id) JOIN gone USING (member_id)
        WHERE attempts.address IS NOT NULL""",
    "served": "SELECT count(*) FROM served JOIN gone USING (member_id)",
    "participation": "SELECT count(*) FROM participation JOIN gone USING (member_id)",
}
_COPIES = """
SELECT a.reference FROM contacts c JOIN deliveries d USING (member_id) JOIN attempts a USING (delivery_id)
WHERE c.erased AND a.reference IS NOT NULL AND a.withdrawn_at IS NULL
    AND d.state IN ('delivered', 'undelivered', 'rejected', 'expired')
ORDER BY a.reference
"""
_WITHDRAWN = """
UPDATE attempts SET withdrawn_at = clock_timestamp() WHERE reference = ANY (CAST(:references AS text[]))
"""


async def copies(session: AsyncSession) -> list[str]:
    """The provider's references of messages to the erased, once nothing is looked up about them any more."""
    return list((await run(session, _COPIES)).scalars())


async def withdrawn(session: AsyncSession, references: Sequence[str]) -> None:
    """The provider has none of these any more."""
    await run(session, _WITHDRAWN, references=list(references))
