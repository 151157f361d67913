"""Signed links for members: bound to one purpose, to what they are about, and to a day of expiry.

Token: base64url of expiry (4 bytes, Unix seconds) | ids (16 bytes each) | HMAC-SHA256 cut to 16 bytes.
"""

import base64
import binascii
import hmac
import struct
from datetime import UTC, datetime
from uuid import UUID

from chassis.errors import Forbidden

LATEST = datetime.fromtimestamp(2**32 - 1, UTC)
"""The last moment that a token can name, in February 2106."""
_MAC = 16


class SignedLinks:
    """Makes and opens the tokens of one installation."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, purpose: str, *ids: UUID, expires_at: datetime) -> str:
        """A token for a path; 22 characters for each id and 27 more or less. It ends at `LATEST` if not before."""
        payload = struct.pack(">I", max(0, int(min(expires_at, LATEST).timestamp()))) + b"".join(
            item.bytes for item in ids
        )
        return base64.urlsafe_b64encode(payload + self._mac(purpose, payload)).rstrip(b"=").decode()

    def open(self, purpose: str, token: str, now: datetime) -> tuple[UUID, ...]:
        """The ids inside. Raises Forbidden for another purpose, a forged or an expired token."""
        raw = _decoded(token)
        payload, mac = raw[:-_MAC], raw[-_MAC:]
        if not hmac.compare_digest(mac, self._mac(purpose, payload)):
            raise Forbidden("this link is not valid")
        (expiry,) = struct.unpack(">I", payload[:4])
        if datetime.fromtimestamp(expiry, UTC) < now:
            raise Forbidden("this link has expired")
        return tuple(UUID(bytes=payload[start : start + 16]) for start in range(4, len(payload), 16))

    def _mac(self, purpose: str, payload: bytes) -> bytes:
        return hmac.digest(self._secret, purpose.encode() + b"|" + payload, "sha256")[:_MAC]


def _decoded(token: str) -> bytes:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Forbidden("this link is not valid") from None
    if len(raw) < 4 + _MAC or (len(raw) - 4 - _MAC) % 16:
        raise Forbidden("this link is not valid")
    return raw
