"""What the segmenter says of how long a campaign takes is reckoned with the rates that the dispatchers keep to."""

import dispatch_email.settings
import dispatch_sms.settings
import pytest
import segmenter.settings
from pydantic_settings import BaseSettings

from tests.deploy.composed import environment

KEEPERS: list[tuple[str, str, type[BaseSettings]]] = [
    ("sms_rate_per_second", "dispatch-sms", dispatch_sms.settings.Settings),
    ("email_rate_per_second", "dispatch-email", dispatch_email.settings.Settings),
]


@pytest.mark.parametrize(("field", "name", "settings"), KEEPERS, ids=["texts", "mails"])
def test_both_have_the_same_rate_without_being_told(field: str, name: str, settings: type[BaseSettings]) -> None:
    reckoned, kept = segmenter.settings.Settings.model_fields[field], settings.model_fields[field]
    assert reckoned.default == kept.default > 0, name


@pytest.mark.parametrize(("_", "name", "settings"), KEEPERS, ids=["texts", "mails"])
def test_both_read_the_rates_of_single_senders_from_the_same_setting(
    _: str, name: str, settings: type[BaseSettings]
) -> None:
    for field in ("sender_rates", "sender_rate_per_second"):
        assert field in settings.model_fields, name
        assert field in segmenter.settings.Settings.model_fields
        assert environment("segmenter").get(field.upper()) == environment(name).get(field.upper())


@pytest.mark.parametrize(("field", "name", "settings"), KEEPERS, ids=["texts", "mails"])
def test_both_are_told_the_same_rate(field: str, name: str, settings: type[BaseSettings]) -> None:
    assert float(environment("segmenter")[field.upper()]) == float(environment(name)[field.upper()])
    assert field in settings.model_fields
