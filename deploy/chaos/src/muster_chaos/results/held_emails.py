"""Which deliveries are held for an operator, and whether they had to be, by the mail server's journal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from local_stack.stack import Stack
from muster_chaos.time_scale import SMTP_CONNECTIONS
from muster_demo import evidence
from sandbox.journal.lines import BODIES, BodyProgress

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
    """Held deliveries; the `unexplained` ones cannot have been interrupted while a body was under way."""

    by_channel: Mapping[str, int]
    unexplained: tuple[UUID, ...] = ()
    explained: tuple[UUID, ...] = ()

    def broken_off(self, hits: int) -> tuple[UUID, ...]:
        """Those explained, at most as many as so many hits can have broken off."""
        return self.explained[: hits * SMTP_CONNECTIONS]


async def held(stack: Stack, moments: Moments) -> Held:
    """No text may be held while the list works; an e-mail only if its final dot may have been written."""
    texts = await evidence.rows(stack, "dispatch-sms", _HELD)
    mails = [Attempt(**row) for row in await evidence.rows(stack, "dispatch-email", _HELD)]
    return judge(mails, BODIES.lines(stack.journal), moments, texts=[row["delivery_id"] for row in texts])


def judge(
    mails: Sequence[Attempt], bodies: Iterable[BodyProgress], moments: Moments, *, texts: Sequence[UUID] = ()
) -> Held:
    """A held e-mail is explained if the server began to read its body or was hit before it could; a held text never."""
    seen = {(line["delivery_id"], line["gen"], line["what"]): datetime.fromisoformat(line["at"]) for line in bodies}
    moments, explained, unexplained = list(moments), list[UUID](), list(texts)
    for mail in mails:
        key = (str(mail.delivery_id), mail.gen)
        offered = seen.get((*key, "offered"))
        unread = offered is not None and _hit(moments, {"sandbox"}, offered, offered + _UNREAD)
        (explained if (*key, "begun") in seen or unread else unexplained).append(mail.delivery_id)
    counts = {"sms": len(texts), "email": len(mails)}
    return Held({channel: number for channel, number in counts.items() if number}, tuple(unexplained), tuple(explained))


def _hit(moments: Moments, kinds: set[str], since: datetime, until: datetime) -> bool:
    return any(since <= at <= until for kind, at in moments if kind in kinds)
