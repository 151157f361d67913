"""uvicorn with our handling of signals."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn


class DrainingServer(uvicorn.Server):
    """Exits normally after a signal: uvicorn raises it again after the drain, and the process would look killed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class EmbeddedServer(uvicorn.Server):
    """Leaves signals to the owner of the loop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
