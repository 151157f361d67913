"""How long ballot's tables keep their rows."""

from chassis.retention.spans import CHASSIS, Span
from contracts.topics import BALLOTS, PARTICIPATION

_MEMBER = "as long as members keeps the member"
_POLL = "with the poll"

SPANS = (
    *CHASSIS,
    Span("members", f"{_MEMBER}; then the id as a marker", "who may answer; an erased id must not come back"),
    Span("memberships", _MEMBER, "the roll is made from it"),
    Span(
        "polls",
        "{days} days after the closing; then a tombstone",
        "as voting papers of elections: a year after the result (TULRCA 1992 s. 49); the result stands in the minutes",
        setting="poll_days",
        expired="state NOT IN ('scheduled', 'open', 'closed') AND closes_at < :before",
        key="poll_id",
        parts=("roll", "roll_branches", "answers", "participations"),
        tombstone=lambda row: (BALLOTS, str(row["poll_id"])),
    ),
    Span("roll", _POLL, "who might answer"),
    Span("roll_branches", _POLL, "its size by branch"),
    Span("answers", _POLL, "what counts can be recounted; what a member wrote"),
    Span("answer_counts", _POLL, "its answers by status and option, summed"),
    Span(
        "participations",
        f"{_POLL}; a tombstone each",
        "what was published about a member's taking part",
        tombstone=lambda row: (PARTICIPATION, f"{row['poll_id']}:{row['voter']}"),
    ),
    Span("campaigns", "until the segmenter's tombstone", "which poll a campaign asks"),
    Span(
        "declared_ballots",
        "{days} days",
        "totals without members; six years as the union's accounts (TULRCA 1992 s. 29)",
        setting="declared_ballot_days",
        expired="declared_at < :before",
    ),
)
