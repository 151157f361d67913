"""A request to send one text, checked as Twilio checks it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import smsutil
from sandbox.carrier.text import tracking_of

_SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}")
_SERVICE = re.compile(r"MG[0-9a-f]{32}")
_LONGEST_BODY = 1600


@dataclass(frozen=True, slots=True)
class TextRequest:
    """The parameters of a request; `validity` is its ValidityPeriod as given, in seconds."""

    to: str
    sender: str | None
    service: str | None
    body: str
    callback: str | None
    validity: str | None
    delivery_id: str | None
    gen: int | None

    @classmethod
    def read(cls, form: Mapping[str, str]) -> "TextRequest":
        """From the form that was posted; nothing is checked yet."""
        callback = form.get("StatusCallback") or None
        delivery_id, gen = tracking_of(callback)
        return cls(
            to=form.get("To", "").strip(),
            sender=form.get("From") or None,
            service=form.get("MessagingServiceSid") or None,
            body=form.get("Body", ""),
            callback=callback,
            validity=form.get("ValidityPeriod") or None,
            delivery_id=delivery_id,
            gen=gen,
        )

    @property
    def parts(self) -> int:
        """How many parts its body is sent in."""
        return max(1, len(smsutil.split(self.body).parts))

    def error(self) -> int | None:
        """Twilio's code of the first parameter that is wrong."""
        sender, service, validity = self.sender, self.service, self.validity
        checks = (
            (21604, not self.to),
            (21603, not sender and not service),
            (21602, not self.body),
            (21617, len(self.body) > _LONGEST_BODY),
            (
                21212,
                bool(sender and not _SENDER.fullmatch(sender)) or bool(service and not _SERVICE.fullmatch(service)),
            ),
            (21609, self.callback is not None and not _is_web(self.callback)),
            (21620, validity is not None and not (validity.isdecimal() and 1 <= int(validity) <= 36000)),
        )
        return next((code for code, wrong in checks if wrong), None)


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
