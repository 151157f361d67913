"""Free ports on this machine."""

import asyncio
import random
import socket
from contextlib import suppress

HOST = "127.0.0.1"
_RANGE = range(15_000, 32_000)
"""Below what systems give to outgoing connections, one of which could take the port before its service does."""
_given: list[int] = []
"""Descriptors of the UDP sockets that mark what this process gave out, until it ends."""
_dice = random.SystemRandom()


def free_port(preferred: int = 0) -> int:
    """A port that nobody listens on and that no process of ours has given out; the preferred one if it is such."""
    port = preferred or _dice.choice(_RANGE)
    while not (_bindable(port) and _marked(port)):
        port = _dice.choice(_RANGE)
    return port


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _marked(port: int) -> bool:
    """Whether we are the first to bind UDP's port of the same number: other processes see that, and it ends with us."""
    mark = socket.socket(type=socket.SOCK_DGRAM)
    try:
        mark.bind((HOST, port))
    except OSError:
        mark.close()
        return False
    _given.append(mark.detach())
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
