"""Signing keys of tokens: Ed25519, rotated with an overlap, the private half encrypted with AES-GCM.

A new key is published at once and signs only after `LEAD`, when every service has fetched the key set again. The old
key stays published until the last token that it signed has expired.
"""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALGORITHM = "EdDSA"
LEAD = timedelta(minutes=10)
"""Twice the age at which a service fetches the key set again (chassis/http/auth.py)."""
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`sealed` is the encrypted private key; `published_until` None: not yet retired."""

    kid: str
    public: str
    sealed: bytes
    signs_from: datetime
    published_until: datetime | None = None

    def is_published(self, now: datetime) -> bool:
        """Whether tokens of this key are still accepted."""
        return self.published_until is None or self.published_until > now


class KeyCipher:
    """Encrypts private keys under a secret of the installation."""

    def __init__(self, secret: bytes) -> None:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"muster/signing-keys").derive(secret)
        self._cipher = AESGCM(derived)

    def encrypt(self, kid: str, private: bytes) -> bytes:
        """Bound to the key's id."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, private, kid.encode())

    def decrypt(self, key: SigningKey) -> Ed25519PrivateKey:
        """Raises cryptography's InvalidTag under another secret."""
        private = self._cipher.decrypt(key.sealed[:_NONCE_BYTES], key.sealed[_NONCE_BYTES:], key.kid.encode())
        return Ed25519PrivateKey.from_private_bytes(private)


def new_key(cipher: KeyCipher, signs_from: datetime) -> SigningKey:
    """A random key under a random id."""
    private, kid = Ed25519PrivateKey.generate(), secrets.token_hex(8)
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    public = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return SigningKey(kid, public, cipher.encrypt(kid, private.private_bytes_raw()), signs_from)


def rotate(keys: Sequence[SigningKey], new: SigningKey, token_lifetime: timedelta) -> list[SigningKey]:
    """The keys after a rotation: each older one is retired when its last token has expired."""
    until = new.signs_from + token_lifetime + LEAD
    return [*(key if key.published_until else replace(key, published_until=until) for key in keys), new]


def signing_key(keys: Sequence[SigningKey], now: datetime) -> SigningKey | None:
    """The newest key that may sign now."""
    ready = [key for key in keys if key.signs_from <= now and key.is_published(now)]
    return max(ready, key=lambda key: key.signs_from, default=None)


def sign(claims: Mapping[str, str | int], key: SigningKey, cipher: KeyCipher) -> str:
    """A signed JWT."""
    return jwt.encode(dict(claims), cipher.decrypt(key), ALGORITHM, headers={"kid": key.kid})
