"""How long access's tables keep their rows."""

from chassis.retention.spans import CHASSIS, Span

SPANS = (
    *CHASSIS,
    Span("clients", "until deleted by a person", "who may ask for tokens"),
    Span("signing_keys", "until the next rotation after its last token has expired", "tokens are checked with it"),
    Span(
        "token_rates",
        "{days} days",
        "limits guesses at secrets",
        setting="token_attempt_days",
        expired="arrival < :before",
    ),
)
