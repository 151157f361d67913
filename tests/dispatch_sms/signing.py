"""Signatures as Twilio's documentation describes them, apart from the SDK's own."""

import base64
import hashlib
import hmac


def signed(url: str, fields: list[tuple[str, str]], token: str) -> str:
    """X-Twilio-Signature of a POST with these form parameters."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()
