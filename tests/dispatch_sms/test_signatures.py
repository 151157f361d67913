"""Whether a webhook is Twilio's. The expected signatures are computed as Twilio's documentation describes."""

from urllib.parse import urlencode

import pytest
from dispatch_sms.provider import Form, Signatures

from tests.dispatch_sms.signing import signed

TOKEN = "0123456789abcdef0123456789abcdef"
PUBLIC = "https://sms.union.example"


def valid(signature: str, fields: list[tuple[str, str]], path: str = "/hook?d=1&m=a%2Bb") -> bool:
    form = Form.parse(urlencode(fields).encode())
    return Signatures(TOKEN, PUBLIC).valid(path, form, signature)


FIELDS = [("MessageSid", "SM1"), ("Body", "Iechyd da! £5 & more"), ("To", "+447700900000")]


def test_a_signature_over_the_public_address_with_its_query_is_accepted() -> None:
    assert valid(signed(f"{PUBLIC}/hook?d=1&m=a%2Bb", FIELDS, TOKEN), FIELDS)


def test_repeated_parameters_count_once_each_in_order() -> None:
    fields = [*FIELDS, ("Media", "b"), ("Media", "a"), ("Media", "b")]
    assert valid(signed(f"{PUBLIC}/hook?d=1&m=a%2Bb", fields, TOKEN), fields)


def test_twilio_may_have_signed_with_the_port() -> None:
    assert valid(signed("https://sms.union.example:443/hook?d=1&m=a%2Bb", FIELDS, TOKEN), FIELDS)


@pytest.mark.parametrize(
    ("url", "fields", "token"),
    [
        (f"{PUBLIC}/hook?d=2&m=a%2Bb", FIELDS, TOKEN),
        (f"{PUBLIC}/hook", FIELDS, TOKEN),
        ("http://sms.union.example/hook?d=1&m=a%2Bb", FIELDS, TOKEN),
        ("https://other.example/hook?d=1&m=a%2Bb", FIELDS, TOKEN),
        (f"{PUBLIC}/hook?d=1&m=a%2Bb", FIELDS[:-1], TOKEN),
        (f"{PUBLIC}/hook?d=1&m=a%2Bb", [*FIELDS, ("Extra", "")], TOKEN),
        (f"{PUBLIC}/hook?d=1&m=a%2Bb", FIELDS, "another"),
    ],
)
def test_another_address_other_parameters_or_another_token_are_refused(
    url: str, fields: list[tuple[str, str]], token: str
) -> None:
    assert not valid(signed(url, fields, token), FIELDS)


@pytest.mark.parametrize("signature", ["", "x", "ŵ", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_what_is_no_signature_is_refused(signature: str) -> None:
    assert not valid(signature, FIELDS)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&".join([b"a=1"] * 300), b"a=%ff"])
def test_what_is_no_form_is_told_apart(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Form.parse(body)
