"""Where residue of an erased member may be. Audience and deliveries keep the id, which by then identifies nobody."""

ERASED = "SELECT member_id FROM members WHERE status = 'erased'"
CONSUMER_GROUP = "members"
"""The group that consumes erasures."""
TABLES = (
    "members",
    "memberships",
    "consents",
    "sensitive_interests",
    "participation",
    "test_staff",
    "audience",
    "campaigns",
    "union_events",
    "outbox",
    "dead_letters",
)
RESIDUE = {
    **{
        table: f"SELECT count(*) FROM {table} JOIN gone USING (member_id)"  # noqa: S608 - names of ours
        for table in ("memberships", "consents", "sensitive_interests", "participation", "test_staff")
    },
    "members": "SELECT count(*) FROM members JOIN gone USING (member_id) WHERE given_name <> '' OR interests <> '{}'",
    "audience": """SELECT count(*) FROM audience JOIN gone USING (member_id)
        WHERE merge <> '{}'::jsonb OR consents <> '[]'::jsonb OR matched <> '{}'""",
}
