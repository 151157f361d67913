"""The settings that a sandbox refuses to start with."""

import orjson
import pytest
from pydantic import ValidationError
from sandbox.settings import Settings

from tests.sandbox.running_sandbox import ACCOUNT, TOKEN


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"environment": "production"}, "reaches nobody"),
        ({"twilio_account_sid": "me"}, "pattern"),
        ({"smtp_tls_key": "/key.pem"}, "go together"),
    ],
)
def test_it_does_not_start_with_settings_that_make_no_sense(changes: dict[str, str], fault: str) -> None:
    good = {"environment": "test", "twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN}
    Settings.model_validate(good)
    with pytest.raises(ValidationError, match=fault):
        Settings.model_validate(good | changes)


def test_a_trial_may_run_in_production_when_that_is_said_aloud() -> None:
    trial = {"environment": "production", "sandbox_trial": True}
    settings = Settings.model_validate({"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN} | trial)
    assert settings.environment == "production"
    assert orjson.loads(settings.model_dump_json())["twilio_auth_token"] == "**********"
