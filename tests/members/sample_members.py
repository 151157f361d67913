"""A member with one item of each kind, created over REST."""

from typing import Any

from tests.members.service import Running

ANN: dict[str, Any] = {
    "given_name": "Ann",
    "family_name": "Lee",
    "birthday": "1980-02-29",
    "contact_points": [
        {"channel": "sms", "address": "07400 123456", "preferred": True},
        {"channel": "email", "address": "ann.lee@EXAMPLE.org"},
        {"channel": "sms", "label": "phone", "address": "020 7946 0018"},
    ],
    "memberships": [{"body": "leeds-city-college", "job": "lecturer", "valid_from": "2019-09-01"}],
    "interests": ["climate", "disabled-members"],
    "consents": [
        {
            "channel": "sms",
            "purposes": ["campaign", "survey"],
            "granted": True,
            "source": "form",
            "wording_version": "2026-01",
            "at": "2026-01-05T10:00:00Z",
        }
    ],
}


async def joined(members: Running, number: str, **given: Any) -> dict[str, Any]:
    """The answer to creating Ann under this number; given fields replace hers."""
    answer = await members.http.post("/members", json=ANN | {"membership_number": number} | given)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body
