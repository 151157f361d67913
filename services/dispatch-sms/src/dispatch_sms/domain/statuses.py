"""Twilio's message statuses in the ledger's words."""

_WORDS = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "sent": "accepted",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "undelivered",
    "canceled": "undelivered",
}


def ledger_status(word: str) -> str:
    """An unknown status still proves that Twilio holds the message."""
    return _WORDS.get(word, "accepted")
