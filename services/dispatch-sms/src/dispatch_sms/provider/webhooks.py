"""Twilio's webhooks: where they come to, whether they are Twilio's, and what is in them."""

import hmac
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import RequestValidator, add_port, remove_port

_MOST_FIELDS = 200


class Form(dict[str, list[str]]):
    """Form parameters, which may repeat. `getlist` is what the SDK's validator asks for."""

    @classmethod
    def parse(cls, body: bytes) -> "Form":
        """Raises ValueError for what is no form."""
        form = cls()
        for name, value in parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        ):
            form.setdefault(name, []).append(value)
        return form

    def getlist(self, name: str) -> list[str]:
        """Every value of a parameter."""
        return self[name]

    def first(self, name: str) -> str:
        """The first value, or empty."""
        return self.get(name, [""])[0]


class Signatures:
    """Checks X-Twilio-Signature over the configured public address, never over what a proxy made of it."""

    def __init__(self, auth_token: str, public_url: str) -> None:
        self._validator, self._public_url = RequestValidator(auth_token), public_url

    def valid(self, path_and_query: str, form: Form, signature: str) -> bool:
        """Twilio signs with or without the port, by scheme; each is compared in constant time."""
        return any(
            hmac.compare_digest(self._validator.compute_signature(url, form).encode(), signature.encode())
            for url in _spellings(self._public_url + path_and_query)
        )


def word_from(form: Form) -> str:
    """The status word of a receipt; old numbers send SmsStatus alone."""
    return form.first("MessageStatus") or form.first("SmsStatus")


def text_from(form: Form) -> tuple[str, str, str, str, int]:
    """Reference, from, to, text and number of media of an inbound message."""
    media = form.first("NumMedia")
    return (
        form.first("MessageSid"),
        form.first("From"),
        form.first("To"),
        form.first("Body"),
        int(media) if media.isdecimal() else 0,
    )


def _spellings(url: str) -> Iterator[str]:
    yield url
    parts = urlsplit(url)
    yield from {str(add_port(parts)), str(remove_port(parts))} - {url}
