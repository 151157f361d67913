"""A key that messages are signed with (DKIM)."""

import base64
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key as dkimpy wants it: PEM for RSA, base64 of the seed for Ed25519."""

    domain: str
    selector: str
    algorithm: str
    material: bytes


def load(pem: str, *, domain: str, selector: str) -> Key:
    """A key from PEM (PKCS#1 or #8). Raises ValueError for what is neither RSA of 1,024 bits or more nor Ed25519."""
    try:
        private = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("not a PEM private key without a password") from None
    if isinstance(private, Ed25519PrivateKey):
        return Key(domain, selector, "ed25519-sha256", base64.b64encode(private.private_bytes_raw()))
    if isinstance(private, RSAPrivateKey) and private.key_size >= 1024:
        material = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return Key(domain, selector, "rsa-sha256", material)
    raise ValueError("neither an RSA key of 1,024 bits or more nor an Ed25519 key")
