"""How long the segmenter's tables keep their rows."""

from chassis.retention.spans import CHASSIS, Span
from contracts.topics import CAMPAIGNS

_MEMBER = "as long as members keeps the member"
_CAMPAIGN = "with the campaign"
_AT_REST = """state NOT IN ('launched', 'paused') AND updated_at < :before AND expires_at < :before
    AND NOT EXISTS (SELECT FROM ballots b WHERE b.ballot_id = CAST(campaigns.definition ->> 'poll_id' AS uuid)
        AND b.closes_at >= :before)"""

SPANS = (
    *CHASSIS,
    Span("members", f"{_MEMBER}; then the id as a marker", "segments choose by it; an erased id must not come back"),
    Span("memberships", _MEMBER, "segments choose by it"),
    Span("consents", _MEMBER, "an audience is chosen by the latest of each channel and purpose"),
    Span("sensitive_interests", _MEMBER, "special category (GDPR Art. 9): kept apart, and only while members keeps it"),
    Span("participation", "until ballot's tombstone, or the member's erasure", "who took part is not asked again"),
    Span("ballots", "until ballot's tombstone", "ballot decides how long a poll is kept"),
    Span(
        "union_events",
        "{days} days",
        "organisers act on what is announced within weeks; a ballot for action is valid for months",
        setting="union_event_days",
        expired="at < :before",
    ),
    Span("segments", "until deleted by a person", "a rule, without members"),
    Span(
        "campaigns",
        "{days} days after its end, its expiry and the closing of its poll; a draft after its last change; then a "
        "tombstone",
        "a complaint about an election may come within a year of its result (TULRCA 1992 s. 54)",
        setting="campaign_days",
        expired=_AT_REST,
        key="campaign_id",
        parts=("fanout_shards", "deliveries", "audience"),
        tombstone=lambda row: (CAMPAIGNS, str(row["campaign_id"])),
    ),
    Span("fanout_shards", _CAMPAIGN, "how far it was fanned out"),
    Span("deliveries", _CAMPAIGN, "its progress, and a member's history"),
    Span("delivery_counts", _CAMPAIGN, "its deliveries by status, summed"),
    Span("audience", _CAMPAIGN, "why a member was in it, and the consents relied on (GDPR Art. 5(2), 7(1))"),
    Span("union_stop", "one row", "the stop holds until it is lifted"),
    Span("test_staff", "until removed by a person, or the member's erasure", "who may be sent a test"),
)
