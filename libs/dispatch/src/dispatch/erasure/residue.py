"""Where a dispatcher keeps what belongs to members, for `muster erasure sweep`.

What is left of an erased member is found without the ledger's own table of erasures (decision 0014).
"""

from collections.abc import Awaitable, Callable

from chassis.db.database import Database
from chassis.db.statements import run
from chassis.erasure.residue import ReportLine, Residue
from chassis.errors import Unavailable

RESIDUE = Residue(
    erased="SELECT member_id FROM contacts WHERE erased",
    heard_by="members",
    tables=(
        "contacts",
        "deliveries",
        "attempts",
        "served",
        "participation",
        "erasures",
        "suppressions",
        "bad_addresses",
        "address_holds",
        "outbox",
        "dead_letters",
    ),
    left={
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
    },
)
_COPIES = """
SELECT a.reference FROM contacts c JOIN deliveries d USING (member_id) JOIN attempts a USING (delivery_id)
WHERE c.erased AND a.reference IS NOT NULL AND a.withdrawn_at IS NULL
    AND d.state IN ('delivered', 'undelivered', 'rejected', 'expired')
ORDER BY a.reference
"""
"""The provider's references of messages to the erased, once nothing is looked up about them any more."""
_WITHDRAWN = "UPDATE attempts SET withdrawn_at = clock_timestamp() WHERE reference = :reference"


async def withdraw(database: Database, delete: Callable[[str], Awaitable[None]]) -> ReportLine:
    """Delete the provider's copies one after the other; a copy that was deleted is not asked for again."""
    async with database.transaction() as session:
        wanted = list((await run(session, _COPIES)).scalars())
    done, left = 0, ""
    for reference in wanted:
        try:
            await delete(reference)
        except Unavailable as error:
            left = f"{len(wanted) - done} messages: {error}"
            break
        async with database.transaction() as session:
            await run(session, _WITHDRAWN, reference=reference)
        done += 1
    return ReportLine("provider", "messages", f"deleted {done}", left)
