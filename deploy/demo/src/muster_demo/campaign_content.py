"""The demo's poll, segment and campaign, in English and in Welsh."""

from datetime import datetime

from muster_demo.membership_roll import RETIRED
from muster_demo.union import UNION, UNION_NAME

_ENGLISH_SMS = (
    "{{ given_name }}, it's the {{ branch }}. Have you posted your ballot paper? "
    "Text 1 yes, 2 not yet, 3 don't ask. STOP ends texts."
)
_WELSH_SMS = (
    "{{ given_name }}, {{ branch }} sydd yma. A ydych wedi postio eich papur pleidleisio? "
    "Tecstiwch 1 ydw, 2 dim eto, 3 peidiwch gofyn. STOPIO i beidio."
)
_ENGLISH_MAIL = (
    "Dear {{ given_name }},\n\nhave you posted your ballot paper? Tell us with one click, so that we need not ask "
    "again:\n\n{{ poll_link }}\n\nYour branch, {{ branch }}\n\nNo more e-mail: {{ unsubscribe_link }}\n"
)
_WELSH_MAIL = (
    "Annwyl {{ given_name }},\n\na ydych wedi postio eich papur pleidleisio? Dywedwch wrthym gydag un clic:\n\n"
    "{{ poll_link }}\n\nEich cangen, {{ branch }}\n\nDim mwy o e-bost: {{ unsubscribe_link }}\n"
)


def poll(poll_id: str, closes_at: datetime) -> dict[str, object]:
    """The poll."""
    return {
        "poll_id": poll_id,
        "title": "Have you posted your ballot paper?",
        "question": "Have you posted your ballot paper?",
        "body": UNION,
        "closes_at": closes_at.isoformat(),
        "options": [
            {"key": "yes", "label": "Yes", "keywords": ["ydw", "posted"], "effect": "voted"},
            {"key": "not-yet", "label": "Not yet", "keywords": ["no", "dim eto"], "effect": "keep_chasing"},
            {"key": "do-not-ask", "label": "Please don't ask", "keywords": ["private"], "effect": "do_not_ask"},
        ],
    }


def segment() -> dict[str, object]:
    """Everybody who is not retired."""
    retired = {"kind": "not", "of": {"kind": "job", "jobs": [RETIRED]}}
    return {
        "name": "Working members",
        "rule": {"kind": "all", "of": [{"kind": "body", "bodies": [UNION]}, retired]},
    }


def campaign(segment_id: str, poll_id: str, expires_at: datetime, reminder: int = 0) -> dict[str, object]:
    """Texts to those with a mobile and consent, e-mail to the rest. Every fourth reminder has the same words, so that
    there are deliveries of one text to one number that only their references distinguish. Neighbours differ: of two
    such deliveries in doubt at the same time an operator has to say which one was sent."""
    again = f" ({reminder % 4 or 4})" if reminder else ""
    return {
        "name": "Get the vote out",
        "purpose": "ballot_notice",
        "segment_id": segment_id,
        "poll_id": poll_id,
        "content": [
            {"channel": "sms", "language": "en", "text": _ENGLISH_SMS + again},
            {"channel": "sms", "language": "cy", "text": _WELSH_SMS + again},
            {"channel": "email", "language": "en", "subject": "Your ballot paper", "text": _ENGLISH_MAIL},
            {"channel": "email", "language": "cy", "subject": "Eich papur pleidleisio", "text": _WELSH_MAIL},
        ],
        "senders": [
            {"channel": "sms", "address": "+447700900000"},
            {"channel": "email", "address": "ballot@union.example.org", "display_name": UNION_NAME},
        ],
        "fallbacks": {"given_name": "colleague", "branch": "your branch"},
        "channels": {"rule": "preferred_else_next", "order": ["sms", "email"]},
        "expires_at": expires_at.isoformat(),
    }
