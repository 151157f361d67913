"""What cannot work, or would be unsafe, stops the start."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from dispatch_email.settings import Settings
from pydantic import ValidationError

from tests.dispatch_email.keys import pem
from tests.dispatch_email.letters import settings


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"smtp_username": "muster", "smtp_tls": "none"}, "a password never goes in the clear"),
        ({"smtp_username": "muster", "smtp_tls": "opportunistic"}, "a password never goes in the clear"),
        ({"smtp_offer_seconds": 100.0, "smtp_answer_seconds": 600.0}, "are over CALL_TIMEOUT_SECONDS"),
        ({"call_timeout_seconds": 720.0}, "must be below DEADLINE_SECONDS"),
        ({"doubt_seconds": 10.0}, "P \\+ L \\+ V"),
        ({"dkim_rsa_selector": "a"}, "DKIM_RSA_SELECTOR and DKIM_RSA_KEY are set together"),
        ({"dkim_ed25519_key": "a"}, "DKIM_ED25519_SELECTOR and DKIM_ED25519_KEY are set together"),
        ({"dkim_rsa_selector": "a", "dkim_rsa_key": "nonsense"}, "not a PEM private key"),
        ({"dkim_rsa_selector": "a", "dkim_rsa_key": pem(ec.generate_private_key(ec.SECP256R1()))}, "neither an RSA"),
        ({"mail_domain": "Mail Domain"}, "mail_domain"),
        ({"environment": "production"}, "PUBLIC_URL must be the https"),
        ({"environment": "production", "public_url": "http://mail.union.example"}, "PUBLIC_URL must be the https"),
    ],
)
def test_settings_that_cannot_hold_are_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        settings(**changes)


def test_the_usual_settings_fit_the_design() -> None:
    usual = settings(smtp_answer_seconds=600.0, smtp_offer_seconds=50.0)
    assert usual.deadline_seconds >= 700
    assert usual.in_doubt_policy == "hold"
    assert Settings.model_fields["smtp_tls"].default == "required"
