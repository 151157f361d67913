"""Messages and settings for tests that need no database."""

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from dispatch.provider import Outbound
from dispatch_email.settings import Settings

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LINK = "https://mail.example.org/unsubscribe/" + "A1b2-_" * 20


def outbound(**changes: Any) -> Outbound:
    """A message to one member."""
    usual: dict[str, Any] = {
        "delivery_id": uuid4(),
        "gen": 1,
        "to": "member@branch.example",
        "sender": "news@union.example",
        "display_name": "The Union",
        "language": "en",
        "text": "Dear member,\n\nthe ballot opens on Monday.\n",
        "subject": "The ballot opens",
        "html": "",
        "unsubscribe_link": LINK,
        "valid_for": 3600,
    }
    return Outbound(**(usual | changes))


async def granted() -> bool:
    """The ledger's word, where there is none: let go."""
    return True


def settings(port: int = 2500, **changes: Any) -> Settings:
    """Settings without database or broker. Where a server answers, only the machine can be slow."""
    names = ("id_secret", "pseudonym_secret", "address_secret", "link_secret")
    usual: dict[str, Any] = {
        **{name: secrets.token_hex(32) for name in names},
        "environment": "test",
        "smtp_port": port,
        "smtp_tls": "none",
        "mail_domain": "mail.union.example",
        "smtp_timeout_seconds": 20.0,
        "smtp_offer_seconds": 20.0,
        "smtp_answer_seconds": 20.0,
        "smtp_retry_seconds": 60.0,
    }
    return Settings(**(usual | changes))
