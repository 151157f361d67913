"""Shows what the processes append to their logs, each line with the process's name."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

Show = Callable[[str, str], None]


class LogFollower:
    """Reads the lines that are appended to log files."""

    def __init__(self, logs: Mapping[str, Path], show: Show) -> None:
        self._logs, self._show = logs, show
        self._read = {name: _size(path) for name, path in logs.items()}

    async def run(self, every: float = 0.2) -> None:
        """Endless."""
        while True:
            self.look()
            await asyncio.sleep(every)

    def look(self) -> None:
        """Show whole new lines."""
        for name, path in self._logs.items():
            for line in self._new_lines(name, path):
                self._show(name, line)

    def _new_lines(self, name: str, path: Path) -> list[str]:
        start = self._read[name]
        if _size(path) <= start:
            return []
        with path.open("rb") as log:
            log.seek(start)
            whole, _, _ = log.read().rpartition(b"\n")
        self._read[name] = start + len(whole) + bool(whole)
        return whole.decode(errors="replace").splitlines()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
