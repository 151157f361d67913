"""Texts the carrier holds: light entries in memory, bodies in the journal."""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from sandbox.journal import Line, Place, moment_of

DIRECTIONS = ("outbound-api", "inbound", "outbound-reply")


@dataclass(slots=True)
class Text:
    """One text, either way. `number` counts up in the order the carrier took them."""

    sid: str
    to: str
    sender: str | None
    service: str | None
    direction: str
    status: str
    parts: int
    created: float
    place: Place
    delivery_id: str | None = None
    gen: int | None = None
    error: int | None = None
    sent: float | None = None
    updated: float = 0.0
    answered: int = 0
    """Callbacks that got a 2xx."""
    redacted: bool = False
    number: int = 0

    @property
    def body(self) -> str:
        """What it says; read from the journal."""
        return "" if self.redacted else str(self.place.read()["body"])

    def becomes(self, status: str, error: int | None, moment: float) -> None:
        """Take a new status."""
        self.status, self.error, self.updated = status, error, moment
        if self.sent is None and status not in {"queued", "accepted"}:
            self.sent = moment


def new_sid() -> str:
    """Shaped like Twilio's own."""
    return "SM" + uuid.uuid4().hex


def tracking_of(callback: str | None) -> tuple[str | None, int | None]:
    """Delivery id and generation out of the status callback's address, if they are there."""
    if not callback:
        return None, None
    query = parse_qs(urlsplit(callback).query)
    gen = query.get("g", [""])[0]
    return query.get("d", [None])[0], int(gen) if gen.isdecimal() else None


class Texts:
    """The newest `kept` texts by sid, by recipient and in order."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._order: list[Text] = []
        self._base = 0
        self._by_sid: dict[str, Text] = {}
        self._by_to: dict[str, list[Text]] = {}
        self.deliveries: Counter[str] = Counter()
        """How often each delivery was accepted; once, if all is well."""

    def __len__(self) -> int:
        return len(self._order)

    def add(self, text: Text) -> Text:
        """Hold one more; the oldest go when there are too many."""
        text.number = self._base + len(self._order)
        self._order.append(text)
        self._by_sid[text.sid] = text
        self._by_to.setdefault(text.to, []).append(text)
        if text.delivery_id:
            self.deliveries[text.delivery_id] += 1
        if len(self._order) > self._kept + self._kept // 10 + 1:
            self._trim()
        return text

    def find(self, sid: str) -> Text | None:
        """By sid."""
        return self._by_sid.get(sid)

    def remove(self, text: Text) -> None:
        """No longer shown; its place in the order stays."""
        self._by_sid.pop(text.sid, None)
        self._by_to[text.to] = [each for each in self._by_to[text.to] if each is not text]

    def newest_first(self, *, to: str | None = None, before: int | None = None) -> Iterator[Text]:
        """From the newest, or from the one before the number `before`."""
        if to is not None:
            yield from (t for t in reversed(self._by_to.get(to, [])) if before is None or t.number < before)
            return
        start = len(self._order) if before is None else min(len(self._order), max(0, before - self._base))
        for index in range(start - 1, -1, -1):
            text = self._order[index]
            if text.sid in self._by_sid:
                yield text

    def by_status(self) -> dict[str, int]:
        """How many of those held that we were asked to send are in which status."""
        return dict(Counter(text.status for text in self._by_sid.values() if text.direction == "outbound-api"))

    def _trim(self) -> None:
        gone, self._order = self._order[: -self._kept], self._order[-self._kept :]
        self._base += len(gone)
        for text in gone:
            self._by_sid.pop(text.sid, None)
            rest = [each for each in self._by_to.get(text.to, ()) if each.number >= self._base]
            if rest:
                self._by_to[text.to] = rest
            else:
                self._by_to.pop(text.to, None)


def restored(place: Place, line: Line, direction: str) -> Text:
    """A text from its journal line, in the first status of its direction."""
    moment = moment_of(line["at"])
    outbound = direction == "outbound-api"
    return Text(
        sid=line["reference"],
        to=line["to"],
        sender=line["from"],
        service=line.get("service"),
        direction=direction,
        status="queued" if outbound else "received" if direction == "inbound" else "sent",
        parts=line.get("parts", 1),
        created=moment,
        place=place,
        delivery_id=line.get("delivery_id"),
        gen=line.get("gen"),
        sent=None if outbound else moment,
        updated=moment,
    )
