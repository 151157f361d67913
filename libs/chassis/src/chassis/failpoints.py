"""Named places to die at: a crash test arms one, and the process kills itself there as kill -9 would.

`FAILPOINTS` reads `name=after[,name=after…]`: die at that many reaches of the name (1 is the first). Production refuses
the setting. Each death leaves a line in `failpoints.log` of the state folder, written before it.
"""

import os
import signal
from pathlib import Path

from chassis.errors import Refused

KNOWN = frozenset(
    {
        "intake.before-commit",
        "intake.after-commit",
        "outbox.published",
        "fan-out.published",
        "admission.before-commit",
        "admission.after-commit",
        "sender.claimed",
        "sender.answered",
        "sender.recorded",
        "publisher.published",
        "webhook.before-commit",
        "webhook.after-commit",
    }
)
_armed: dict[str, int] = {}
_log: list[Path] = []


def parse(text: str) -> dict[str, int]:
    """What a setting arms. Raises Refused for a name that no code reaches."""
    armed = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, after = part.partition("=")
        if name not in KNOWN or not after.isdigit() or int(after) < 1:
            raise Refused(f"no such failpoint: {part}", field="failpoints")
        armed[name] = int(after)
    return armed


def arm(text: str, folder: Path) -> None:
    """Arm what the setting says; an empty one disarms everything."""
    _armed.clear()
    _armed.update(parse(text))
    _log[:] = [folder / "failpoints.log"]


def reach(name: str) -> None:
    """Die here if it is this one's turn. Costs one look into an empty dictionary otherwise."""
    if not _armed or name not in _armed:
        return
    _armed[name] -= 1
    if _armed[name] == 0:
        _log[0].parent.mkdir(parents=True, exist_ok=True)
        with _log[0].open("a") as file:
            file.write(f"{name}\n")
            file.flush()
            os.fsync(file.fileno())
        os.kill(os.getpid(), signal.SIGKILL)
