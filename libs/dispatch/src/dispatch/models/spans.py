"""How long the tables of every dispatcher keep their rows."""

from chassis.retention.spans import CHASSIS, Span

_MONTH = "with the month of its deliveries"
_LISTED = "NOT EXISTS (SELECT FROM inbound_watermark w WHERE w.until < replies_taken.at + interval '1 day')"

SPANS = (
    *CHASSIS,
    Span(
        "deliveries",
        "by month of launch, {days} days after the end of every campaign in it; the partition is dropped whole",
        "what was sent to whom on which consent (GDPR Art. 7(1)); unsubscribe links are valid for 400 days",
        setting="ledger_days",
    ),
    Span("attempts", _MONTH, "belong to the deliveries; an address in them goes when the attempt ends"),
    Span("served", _MONTH, "one address gets one message of a campaign; whose answer a text is"),
    Span("delivery_counts", _MONTH, "deliveries by state, summed"),
    Span("lanes", _MONTH, "the place of a campaign in the order"),
    Span("ledger_months", "no end", "one row a month: what belongs to a dropped month is refused"),
    Span("campaigns", "until the segmenter's tombstone", "the segmenter decides how long a campaign is kept"),
    Span("participation", "until ballot's tombstone, or the member's erasure", "members who took part are not asked"),
    Span("stops", "of a campaign: with the campaign; of all sending: no end", "a stop holds until it is lifted"),
    Span("contacts", "as long as members keeps the member; then the id as a marker", "an erased id must not come back"),
    Span("erasures", "until nothing ties the ledger to the member", "an erasure goes on after a crash"),
    Span("suppressions", "no end", "a STOP holds until a START, also after the member's erasure; a keyed hash"),
    Span("address_holds", "7 days, then a STOP", "HOLD_BECOMES_STOP_SECONDS; a person decides before"),
    Span(
        "bad_addresses",
        "{days} days",
        "numbers and mailboxes are given to others in time: then it is tried again",
        setting="bad_address_days",
        expired="at < :before",
    ),
    Span(
        "replies_taken",
        "{days} days, and until the provider's list was read to a day past it",
        "a webhook that is repeated, or a text that is listed, counts once",
        setting="replies_taken_days",
        expired=f"at < :before AND {_LISTED}",
    ),
    Span("inbound_watermark", "one row", "how far the provider's list was read"),
    Span("rates", "no end", "one row a sender"),
    Span("applied", "no end", "one row a partition: how far the projections are applied"),
    Span("recoveries", "no end", "one row a restored backup; what was sent before it is looked up by it"),
)
