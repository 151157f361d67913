"""Where residue of an erased member may be. Audience and deliveries keep the id, which by then identifies nobody."""

ERASED = "SELECT member_id FROM members WHERE status = 'erased'"
CONSUMER_GROUP = "members"
"""The group that consumes erasures."""
_ROWS = ("memberships", "consents", "sensitive_interests", "participation", "test_staff")
"""Tables whose rows of a member an erasure deletes."""
TABLES = ("members", *_ROWS, "audience", "campaigns", "union_events", "outbox", "dead_letters")
RESIDUE = {
    **{
        table: f"SELECT count(*) FROM {table} JOIN gone USING (member_id)"  # noqa: S608 - names of ours
        for table in _ROWS
    },
    "members": "SELECT count(*) FROM members JOIN gone USING (member_id) WHERE given_name <> '' OR interests <> '{}'",
    "audience": """SELECT count(*) FROM audience JOIN gone USING (member_id)
        WHERE merge <> '{}'::jsonb OR consents <> '[]'::jsonb OR matched <> '{}'""",
}
