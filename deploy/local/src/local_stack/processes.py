"""Child processes: each in its own group, logging to a file, and ending when this process ends."""

import asyncio
import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Failed(RuntimeError):
    """A process failed; the text names its log."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to start. `user` is a system user to become (only root can); `stop_signal` asks it to end in order."""

    name: str
    argv: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM


class Child:
    """A started process."""

    def __init__(self, command: Command, process: asyncio.subprocess.Process) -> None:
        self.command, self._process = command, process

    @classmethod
    async def start(cls, command: Command) -> "Child":
        """Start it; its output is appended to the log."""
        command.log.parent.mkdir(parents=True, exist_ok=True)
        with command.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                env=dict(command.environment) or None,
                cwd=command.directory,
                start_new_session=True,
                preexec_fn=_before_exec(command),
            )
        return cls(command, process)

    @property
    def pid(self) -> int:
        """Its process id, which is its group's too."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    @property
    def returncode(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._process.returncode

    def send(self, what: signal.Signals) -> None:
        """Send a signal to its whole group; one that has ended takes none."""
        if self.running:
            with suppress(ProcessLookupError):  # it has just ended
                os.killpg(self.pid, what)

    async def wait(self) -> int:
        """Its exit status, once it has ended."""
        return await self._process.wait()

    async def stop(self, grace_seconds: float = 60.0) -> None:
        """Ask it to end; kill it after the grace."""
        self.send(self.command.stop_signal)
        try:
            await asyncio.wait_for(self.wait(), grace_seconds)
        except TimeoutError:
            self.send(signal.SIGKILL)
            await self.wait()


async def run(command: Command, timeout_seconds: float = 600.0) -> None:
    """Run to the end. Raises Failed with the log's last lines."""
    child = await Child.start(command)
    try:
        code = await asyncio.wait_for(child.wait(), timeout_seconds)
    except (TimeoutError, asyncio.CancelledError):
        child.send(signal.SIGKILL)
        await child.wait()
        raise
    if code:
        raise Failed(f"{command.name} ended with {code}; see {command.log}:\n{tail(command.log)}")


def end_with_parent() -> None:
    """Have this process terminated when the one that started it ends."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def _before_exec(command: Command) -> Callable[[], None]:
    """What the child does between fork and exec: change its user, then ask for a signal when its parent ends.

    The order matters: changing the user clears the parent-death signal.
    """
    parent = os.getpid()
    entry = pwd.getpwnam(command.user) if command.user else None

    def prepare() -> None:
        if entry is not None:
            os.setgroups([])
            os.setgid(entry.pw_gid)
            os.setuid(entry.pw_uid)
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(command.stop_signal), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return prepare
