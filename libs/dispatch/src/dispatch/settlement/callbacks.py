"""The mark that authenticates a provider's callback address."""

import hmac
from uuid import UUID

from dispatch.settings import DispatchSettings


class CallbackMarks:
    """A callback names its delivery and attempt, and proves that the address came from us."""

    def __init__(self, settings: DispatchSettings) -> None:
        self._secret = settings.link_secret.get_secret_value().encode()

    def mark(self, delivery_id: UUID, gen: int) -> str:
        """32 hex digits."""
        return hmac.digest(self._secret, f"callback|{delivery_id}|{gen}".encode(), "sha256")[:16].hex()

    def valid(self, delivery_id: UUID, gen: int, mark: str) -> bool:
        """Compared in constant time."""
        return hmac.compare_digest(self.mark(delivery_id, gen).encode(), mark.encode(errors="replace"))
