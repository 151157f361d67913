"""Free ports on this machine."""

import asyncio
import random
import socket
from contextlib import suppress

HOST = "127.0.0.1"
_RANGE = range(15_000, 32_000)
"""Below what systems give to outgoing connections, one of which could take the port before its service does."""
_given: set[int] = set()
_dice = random.SystemRandom()


def free_port(preferred: int = 0) -> int:
    """A port that nobody listens on and that was not given out before; the preferred one if it is such."""
    port = preferred or _dice.choice(_RANGE)
    while port in _given or not _bindable(port):
        port = _dice.choice(_RANGE)
    _given.add(port)
    return port


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


async def answers(port: int) -> bool:
    """Whether somebody listens on it."""
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
