"""What is held for a person, and whether it had to be: by the mail server's own book, not by how busy the time was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from local_stack.stack import Stack
from muster_demo import evidence
from sandbox.journal.lines import BODIES

_HELD = """
SELECT delivery_id, gen FROM deliveries WHERE state = 'held'
"""
_UNREAD = timedelta(seconds=30)
"""How long after its 354 a killed mail server may leave a body unread in the kernel's buffer."""
Moments = Iterable[tuple[str, datetime]]
"""(process kind, when) of kills and stalls."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A held e-mail's last attempt."""

    delivery_id: UUID
    gen: int


@dataclass(frozen=True, slots=True)
class Held:
    """What waits for a person; `unexplained` cannot have been cut while a body was under way."""

    by_channel: Mapping[str, int]
    unexplained: tuple[UUID, ...] = ()


async def held(stack: Stack, moments: Moments) -> Held:
    """No text may be held while the list works; an e-mail only where its dot may have been written."""
    texts = await evidence.rows(stack, "dispatch-sms", _HELD)
    mails = [Attempt(**row) for row in await evidence.rows(stack, "dispatch-email", _HELD)]
    return judge(mails, BODIES.lines(stack.journal), moments, texts=[row["delivery_id"] for row in texts])


def judge(
    mails: Sequence[Attempt], bodies: Iterable[Mapping[str, Any]], moments: Moments, *, texts: Sequence[UUID] = ()
) -> Held:
    """Of held e-mails: explained is one whose body the server began to read, or was hit before it could. Of texts none
    is."""
    seen = {(line["delivery_id"], line["gen"], line["what"]): datetime.fromisoformat(line["at"]) for line in bodies}
    moments, unexplained = list(moments), list(texts)
    for mail in mails:
        key = (str(mail.delivery_id), mail.gen)
        offered = seen.get((*key, "offered"))
        unread = offered is not None and _struck(moments, {"sandbox"}, offered, offered + _UNREAD)
        if (*key, "begun") not in seen and not unread:
            unexplained.append(mail.delivery_id)
    counts = {"sms": len(texts), "email": len(mails)}
    return Held({channel: number for channel, number in counts.items() if number}, tuple(unexplained))


def _struck(moments: Moments, kinds: set[str], since: datetime, until: datetime) -> bool:
    return any(since <= at <= until for kind, at in moments if kind in kinds)
