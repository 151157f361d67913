"""Parts of the chassis by themselves."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from chassis.errors import Forbidden
from chassis.settings import ServiceSettings
from chassis.signed_links import SignedLinks
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STRONG = {
    name: f"{name[:4]}0123456789abcdefABCDEF9876543210"
    for name in ("id_secret", "pseudonym_secret", "address_secret", "link_secret")
}


class Settings(ServiceSettings):
    """A service of no kind."""

    service = "members"


def test_a_link_opens_for_its_purpose_until_it_expires() -> None:
    links = SignedLinks(b"k" * 32)
    poll, member = uuid4(), uuid4()
    token = links.sign("answer", poll, member, expires_at=NOON)
    assert links.open("answer", token, NOON) == (poll, member)
    with pytest.raises(Forbidden, match="expired"):
        links.open("answer", token, NOON + timedelta(seconds=1))
    with pytest.raises(Forbidden, match="not valid"):
        links.open("unsubscribe", token, NOON)
    with pytest.raises(Forbidden, match="not valid"):
        SignedLinks(b"j" * 32).open("answer", token, NOON)


@given(some.text(max_size=120))
def test_no_made_up_token_opens(token: str) -> None:
    with pytest.raises(Forbidden):
        SignedLinks(b"k" * 32).open("answer", token, NOON)


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("short", "32 characters"),
        ("a" * 40, "too easy"),
        ("changeme-changeme-changeme-changeme-0123456789", "too easy"),
    ],
)
def test_a_weak_or_missing_secret_stops_the_start(secret: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why) as stopped:
        Settings.model_validate({**STRONG, "id_secret": secret})
    assert secret not in str(stopped.value)
    with pytest.raises(ValidationError, match="id_secret"):
        Settings.model_validate({name: value for name, value in STRONG.items() if name != "id_secret"})
