"""Where something of an erased member may be left. What counted stays, under a voter that is nobody."""

ERASED = "SELECT member_id FROM members WHERE status = 'erased'"
TABLES = ("members", "memberships", "roll", "answers", "participations", "outbox", "dead_letters")
LEFT = {
    "memberships": "SELECT count(*) FROM memberships JOIN gone USING (member_id)",
    **{
        table: f"SELECT count(*) FROM {table} JOIN gone ON {table}.voter = gone.member_id"  # noqa: S608 - names of ours
        for table in ("roll", "answers", "participations")
    },
}
