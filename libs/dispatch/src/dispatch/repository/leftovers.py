"""Where something of an erased member may be left, found without the ledger's own book of erasures (decision 0014)."""

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
    "dead_letter_keys",
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
