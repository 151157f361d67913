"""Signing keys of the tests' own, and a receiver that checks what they signed."""

import base64
from dataclasses import dataclass
from typing import Any

import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from dispatch_email.domain.signing_key import Key, load

DOMAIN = "mail.union.example"


def pem(private: Any) -> str:
    """PKCS#8."""
    return str(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


@dataclass(frozen=True)
class SigningKeys:
    """Private keys and published records, by selector."""

    private: dict[str, str]
    records: dict[str, bytes]

    @classmethod
    def made(cls) -> "SigningKeys":
        """One of each kind."""
        first, second = rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate()
        long = first.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        short = second.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return cls(
            {"rsa": pem(first), "ed25519": pem(second)},
            {
                "rsa": b"v=DKIM1; k=rsa; p=" + base64.b64encode(long),
                "ed25519": b"v=DKIM1; k=ed25519; p=" + base64.b64encode(short),
            },
        )

    @property
    def settings(self) -> dict[str, str]:
        """As the service reads them."""
        return {
            f"dkim_{name}_{what}": value
            for name, private in self.private.items()
            for what, value in (("selector", name), ("key", private))
        }

    def loaded(self, *names: str) -> tuple[Key, ...]:
        """As the signer takes them."""
        return tuple(load(self.private[name], domain=DOMAIN, selector=name) for name in names)

    def hold(self, content: bytes, index: int = 0) -> bool:
        """Whether the signature at this place is valid."""
        published = {f"{name}._domainkey.{DOMAIN}.": record for name, record in self.records.items()}
        try:
            return bool(dkim.DKIM(content).verify(index, dnsfunc=lambda name, timeout=5: published[name.decode()]))
        except dkim.ValidationError:
            return False
