"""What the segmenter signs when it gives a stop or a lift to a dispatcher: a link's purpose, scope and version."""

from uuid import UUID

ALL_SENDING = UUID(int=0)
"""The scope of an order about all sending; any other is a campaign's id."""


def purpose(*, stopped: bool) -> str:
    """What the signature is bound to, so that a stop cannot be used as a lift."""
    return "sending-stop" if stopped else "sending-lift"
