"""Named places to die at: a crash test arms one, and the process kills itself there as kill -9 would.

`FAILPOINTS` reads `name=after[:stop][,…]`: die when the name is reached that many times (1 is the first), or with
`:stop` stop there until SIGCONT. Production refuses the setting. Each death or stop leaves a line in
`failpoints.log` of the state folder, written before it.
"""

import os
import re
import signal
from dataclasses import dataclass
from pathlib import Path

from chassis.errors import Refused

KNOWN = frozenset(
    {
        "intake.before-commit",
        "intake.after-commit",
        "outbox.publishing",
        "outbox.published",
        "fan-out.published",
        "admission.before-commit",
        "admission.after-commit",
        "sender.claimed",
        "sender.calling",
        "mail.let-go",
        "mail.dot-written",
        "sender.answered",
        "sender.recorded",
        "publisher.published",
        "webhook.before-commit",
        "webhook.after-commit",
        "reply.before-commit",
        "reply.after-commit",
    }
)
_ARMED = re.compile(r"(?P<name>[a-z.-]+)=(?P<after>[1-9][0-9]*)(?P<stop>:stop)?")


@dataclass(slots=True)
class Charge:
    """What is armed at one name."""

    left: int
    signal: signal.Signals


_armed: dict[str, Charge] = {}
_log: list[Path] = []


def parse(text: str) -> dict[str, Charge]:
    """What a setting arms. Raises Refused for a name that no code reaches."""
    armed = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        found = _ARMED.fullmatch(part)
        if found is None or found["name"] not in KNOWN:
            raise Refused(f"no such failpoint: {part}", field="failpoints")
        armed[found["name"]] = Charge(int(found["after"]), signal.SIGSTOP if found["stop"] else signal.SIGKILL)
    return armed


def arm(text: str, folder: Path) -> None:
    """Arm what the setting says; an empty one disarms everything."""
    _armed.clear()
    _armed.update(parse(text))
    _log[:] = [folder / "failpoints.log"]


def reach(name: str) -> None:
    """Die or stop here if the charge is spent. Costs one look into an empty dictionary otherwise."""
    if not _armed or name not in _armed:
        return
    charge = _armed[name]
    charge.left -= 1
    if charge.left == 0:
        _log[0].parent.mkdir(parents=True, exist_ok=True)
        with _log[0].open("a") as file:
            file.write(f"{name}\n")
            file.flush()
            os.fsync(file.fileno())
        os.kill(os.getpid(), charge.signal)
