"""Where something of an erased member may be left. Audience and deliveries keep the id, which is nobody's any more."""

ERASED = "SELECT member_id FROM members WHERE status = 'erased'"
HEARD_BY = "members"
"""The group that hears members."""
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
LEFT = {
    **{
        table: f"SELECT count(*) FROM {table} JOIN gone USING (member_id)"  # noqa: S608 - names of ours
        for table in ("memberships", "consents", "sensitive_interests", "participation", "test_staff")
    },
    "members": "SELECT count(*) FROM members JOIN gone USING (member_id) WHERE given_name <> '' OR interests <> '{}'",
    "audience": """SELECT count(*) FROM audience JOIN gone USING (member_id)
        WHERE merge <> '{}'::jsonb OR consents <> '[]'::jsonb OR matched <> '{}'""",
}
