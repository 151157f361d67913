"""How long the tables of members keep their rows."""

from datetime import timedelta

from chassis.retention.spans import CHASSIS, Span

IMPORTS_KEPT = timedelta(days=7)
_LEFT = "while a member, then {days} days"
_ROLL = "with the import"

SPANS = (
    *CHASSIS,
    Span(
        "members",
        f"{_LEFT}; then erased, as if asked for",
        "a claim about a membership can be brought for six years (Limitation Act 1980 s. 5), and begin late",
        setting="leaver_days",
    ),
    Span(
        "contact_points",
        _LEFT,
        "nothing is sent to who has left; within a year a person who joins again is known by it",
        setting="leaver_contact_days",
    ),
    Span("stopped_addresses", "no end", "a STOP holds for the address, whoever has it; a keyed hash"),
    Span("interests", _LEFT, "special category in part (GDPR Art. 9)", setting="leaver_contact_days"),
    Span("memberships", "with the member", "when the member was in which body"),
    Span("consents", "with the member", "evidence is owed for what was sent on it (GDPR Art. 7(1))"),
    Span(
        "history",
        "with the member, {days} days at most",
        "who changed what (GDPR Art. 5(2)); names of fields, never values",
        setting="history_days",
        expired="at < :before",
    ),
    Span("erased", "no end", "an erased id must not come back; without data"),
    Span("bodies", "until deleted by a person", "the union's structure"),
    Span("body_changes", "until the members beneath are published again", "goes on after a crash"),
    Span(
        "imports",
        "7 days after it was sent; one hour where the file did not come to its end",
        "as long as it takes to look at the rejected rows",
        expired=f"uploaded_at < CAST(:before AS timestamptz) - interval '{IMPORTS_KEPT.days} days'",
        key="import_id",
        parts=("import_pieces", "import_withdrawals", "import_people", "import_rejections", "import_leavers"),
    ),
    Span("import_pieces", "until the roll is checked", "the file as it came"),
    Span("import_withdrawals", "until the roll is checked", "numbers of members who were erased meanwhile"),
    Span("import_people", _ROLL, "names and numbers of a roll"),
    Span("import_rejections", _ROLL, "rows as they came"),
    Span("import_leavers", _ROLL, "members who are not on the roll"),
    Span(
        "received_events",
        "{days} days",
        "an event that is posted again gets the same answer",
        setting="event_key_days",
        expired="received_at < :before",
    ),
)
