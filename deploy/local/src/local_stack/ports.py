"""Free ports on this machine."""

import asyncio
import socket
from contextlib import suppress

HOST = "127.0.0.1"
_given: set[int] = set()


def free_port(preferred: int = 0) -> int:
    """A port that nobody listens on and that was not given out before; the preferred one if it is such."""
    while True:
        port = _bindable(preferred) or _bindable(0)
        preferred = 0
        if port and port not in _given:
            _given.add(port)
            return port


def _bindable(port: int) -> int | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    return None


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
