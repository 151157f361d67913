"""Signing keys: Ed25519, rotated with an overlap, the private half sealed with AES-GCM.

A new key is published at once and signs only after `LEAD`, when every service has asked for the key set anew; the old
one stays published until the last token it signed has expired.
"""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALGORITHM = "EdDSA"
LEAD = timedelta(minutes=10)
"""Twice the age at which a service asks for the key set anew (chassis/http/auth.py)."""


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key; `published_until` None is not yet retired."""

    kid: str
    public: str
    sealed: bytes
    signs_from: datetime
    published_until: datetime | None = None


class Seal:
    """Seals private keys under a secret of the installation."""

    def __init__(self, secret: bytes) -> None:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"muster/signing-keys").derive(secret)
        self._cipher = AESGCM(derived)

    def close(self, kid: str, private: bytes) -> bytes:
        """Bound to the key's id."""
        nonce = secrets.token_bytes(12)
        return nonce + self._cipher.encrypt(nonce, private, kid.encode())

    def open(self, key: Key) -> Ed25519PrivateKey:
        """Raises cryptography's InvalidTag under another secret."""
        private = self._cipher.decrypt(key.sealed[:12], key.sealed[12:], key.kid.encode())
        return Ed25519PrivateKey.from_private_bytes(private)


def made(seal: Seal, signs_from: datetime) -> Key:
    """A new key."""
    private, kid = Ed25519PrivateKey.generate(), secrets.token_hex(8)
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    public = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return Key(kid, public, seal.close(kid, private.private_bytes_raw()), signs_from)


def rotated(keys: Sequence[Key], new: Key, token_life: timedelta) -> list[Key]:
    """The keys after a rotation: each older one is retired when no token of it can be valid any more."""
    until = new.signs_from + token_life + LEAD
    return [*(key if key.published_until else _retired(key, until) for key in keys), new]


def _retired(key: Key, until: datetime) -> Key:
    return Key(key.kid, key.public, key.sealed, key.signs_from, until)


def signing(keys: Sequence[Key], now: datetime) -> Key | None:
    """The newest key that may sign by now."""
    ready = [
        key for key in keys if key.signs_from <= now and (key.published_until is None or key.published_until > now)
    ]
    return max(ready, key=lambda key: key.signs_from, default=None)


def key_set(keys: Sequence[Key], now: datetime) -> dict[str, Any]:
    """The JSON Web Key Set."""
    shown = [key for key in keys if key.published_until is None or key.published_until > now]
    return {
        "keys": [
            {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": ALGORITHM, "kid": key.kid, "x": key.public}
            for key in shown
        ]
    }


def signed(claims: dict[str, Any], key: Key, seal: Seal) -> str:
    """A JWT."""
    return jwt.encode(orjson.loads(orjson.dumps(claims)), seal.open(key), ALGORITHM, headers={"kid": key.kid})
