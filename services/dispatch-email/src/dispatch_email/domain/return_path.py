"""The return path of one attempt, so that a bounce names it and nobody else can.

Local part: bounces+<delivery id, 32 hex>.<gen>.<HMAC, 16 hex>. With a gen of six digits (a try a minute for two years)
it fills the 64 octets RFC 5321 allows. One letter case, since some systems change it. The HMAC (64 bits) can only be
tried online, one SMTP transaction a guess.
"""

import hmac
import re
from dataclasses import dataclass
from uuid import UUID

PREFIX = "bounces"
_LOCAL = re.compile(rf"^{PREFIX}\+([0-9a-f]{{32}})\.(\d{{1,6}})\.([0-9a-f]{{16}})$")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at one delivery."""

    delivery_id: UUID
    gen: int

    @property
    def envelope_id(self) -> str:
        """ENVID of RFC 3461; no letter in it needs xtext."""
        return f"{self.delivery_id}.{self.gen}"


class ReturnPaths:
    """Makes and reads the return paths of one mail domain."""

    def __init__(self, secret: bytes, domain: str) -> None:
        self._secret, self.domain = secret, domain.lower()

    def of(self, attempt: Attempt) -> str:
        """The address that bounces of this attempt come back to."""
        local = f"{attempt.delivery_id.hex}.{attempt.gen}"
        return f"{PREFIX}+{local}.{self._mac(local)}@{self.domain}"

    def takes(self, address: str) -> bool:
        """Whether this is a bounce address of ours, with or without a token."""
        local, _, domain = address.strip("<>").lower().rpartition("@")
        return domain == self.domain and (local == PREFIX or local.startswith(f"{PREFIX}+"))

    def attempt(self, address: str) -> Attempt | None:
        """The attempt a return path names; None when it is not ours or forged."""
        local, _, domain = address.strip("<>").lower().rpartition("@")
        found = _LOCAL.match(local)
        if domain != self.domain or not found:
            return None
        identity, gen, mac = found.groups()
        if not hmac.compare_digest(mac, self._mac(f"{identity}.{gen}")):
            return None
        return Attempt(UUID(identity), int(gen))

    def _mac(self, local: str) -> str:
        return hmac.digest(self._secret, b"return-path|" + local.encode(), "sha256").hex()[:16]
