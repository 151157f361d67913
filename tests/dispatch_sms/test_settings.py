"""What stops the start."""

import secrets

import pytest
from dispatch_sms.settings import Settings
from pydantic import ValidationError

GIVEN = {
    **{name: secrets.token_hex(32) for name in ("id_secret", "pseudonym_secret", "address_secret", "link_secret")},
    "public_url": "https://sms.union.example",
    "twilio_account_sid": "AC" + secrets.token_hex(16),
    "twilio_auth_token": secrets.token_hex(16),
}


def test_what_is_asked_for_is_enough() -> None:
    assert Settings.model_validate(GIVEN).rate_per_second == 10


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("public_url", None),
        ("public_url", "sms.union.example"),
        ("public_url", "https://sms.union.example/"),
        ("public_url", "https://sms.union.example?x=1"),
        ("twilio_account_sid", None),
        ("twilio_account_sid", "SK" + "0" * 32),
        ("twilio_auth_token", None),
        ("twilio_auth_token", "your_auth_token"),
        ("twilio_auth_token", "0" * 32),
        ("twilio_base_url", "api.twilio.com"),
        ("sms_rate_per_second", 0),
        ("union_name", ""),
        ("call_timeout_seconds", 60),
        ("doubt_seconds", 100),
        ("id_secret", "short"),
    ],
)
def test_a_missing_or_unfit_setting_stops_the_start_by_name(
    field: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(field.upper(), raising=False)
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({name: given for name, given in {**GIVEN, field: value}.items() if given is not None})
    (fault,) = refused.value.errors(include_input=False, include_url=False)
    assert field in fault["loc"] or field.upper() in fault["msg"]
    assert GIVEN["twilio_auth_token"] not in str(refused.value)
    assert len(str(value)) < 10 or str(value) not in str(refused.value)
