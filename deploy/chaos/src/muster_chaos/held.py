"""What is held for a person, and whether it had to be: by the mail server's own book, not by how busy the time was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from local_stack.stack import Stack
from muster_demo import evidence
from muster_demo.answering import lines

_HELD = """
SELECT d.delivery_id, d.gen, d.passed, a.t_send, a.deadline
FROM deliveries d JOIN attempts a USING (delivery_id, gen) WHERE d.state = 'held'
"""
_UNREAD = timedelta(seconds=30)
"""How long after its 354 a killed mail server may leave a body unread in the kernel's buffer."""
Moments = Iterable[tuple[str, datetime]]
"""(process kind, when) of kills and stalls."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A held e-mail's last attempt. `watched`: its sender lived to say that it does not know."""

    delivery_id: UUID
    gen: int
    t_send: datetime
    deadline: datetime
    watched: bool


@dataclass(frozen=True, slots=True)
class Held:
    """What waits for a person. `orphaned`: their dispatcher or database died between the claim and the first byte, so
    that the ledger alone cannot tell; `unexplained` cannot have been cut while a body was under way."""

    by_channel: Mapping[str, int]
    unexplained: tuple[UUID, ...] = ()
    orphaned: int = 0


async def held(stack: Stack, moments: Moments) -> Held:
    """No text may be held while the list works; an e-mail only where its dot may have been written."""
    texts = await evidence.rows(stack, "dispatch-sms", _HELD)
    mails = [_attempt(dict(row)) for row in await evidence.rows(stack, "dispatch-email", _HELD)]
    return judge(mails, lines(stack.journal, "bodies.jsonl"), moments, texts=[row["delivery_id"] for row in texts])


def judge(
    mails: Sequence[Attempt], bodies: Iterable[Mapping[str, Any]], moments: Moments, *, texts: Sequence[UUID] = ()
) -> Held:
    """Of held e-mails: explained is one whose body the server began to read, or was killed before it could; or whose
    own process died holding it. Of texts none is."""
    seen = {(line["delivery_id"], line["gen"], line["what"]): datetime.fromisoformat(line["at"]) for line in bodies}
    moments, unexplained, orphaned = list(moments), list(texts), 0
    for mail in mails:
        key = (str(mail.delivery_id), mail.gen)
        offered = seen.get((*key, "offered"))
        unread = offered is not None and _struck(moments, {"sandbox"}, offered, offered + _UNREAD)
        if (*key, "begun") in seen or unread:
            continue
        if not mail.watched and _struck(moments, {"dispatch-email", "postgres"}, mail.t_send, mail.deadline):
            orphaned += 1
        else:
            unexplained.append(mail.delivery_id)
    counts = {"sms": len(texts), "email": len(mails)}
    return Held({channel: number for channel, number in counts.items() if number}, tuple(unexplained), orphaned)


def _struck(moments: Moments, kinds: set[str], since: datetime, until: datetime) -> bool:
    return any(since <= at <= until for kind, at in moments if kind in kinds)


def _attempt(row: Mapping[str, Any]) -> Attempt:
    """Who brought the doubt: the sender itself, or the reconciler that found nobody to answer for the attempt."""
    doubts = [step[4] for step in orjson.loads(row["passed"]) if step[1] == "in_doubt"]
    watched = bool(doubts) and doubts[-1] == "sender"
    return Attempt(row["delivery_id"], row["gen"], row["t_send"], row["deadline"], watched)
