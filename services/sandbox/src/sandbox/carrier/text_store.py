"""The texts that the carrier holds, by id, by recipient and in order."""

from collections import Counter
from collections.abc import Iterator

from sandbox.carrier.text import Text


class TextStore:
    """The newest `kept` texts by sid, by recipient and in order."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._order: list[Text] = []
        self._base = 0
        self._by_sid: dict[str, Text] = {}
        self._by_to: dict[str, list[Text]] = {}
        self.deliveries: Counter[str] = Counter()
        """How often each delivery was accepted; a count above 1 is a duplicate."""

    def __len__(self) -> int:
        return len(self._order)

    def add(self, text: Text) -> Text:
        """Hold one more; the oldest are dropped when there are too many."""
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
        """Show it no more; its number is not given again."""
        self._by_sid.pop(text.sid, None)
        self._by_to[text.to] = [each for each in self._by_to[text.to] if each is not text]

    def newest_first(self, *, to: str | None = None, before: int | None = None) -> Iterator[Text]:
        """From the newest, or from the next older than the number `before`."""
        if to is not None:
            yield from (t for t in reversed(self._by_to.get(to, [])) if before is None or t.number < before)
            return
        start = len(self._order) if before is None else min(len(self._order), max(0, before - self._base))
        for index in range(start - 1, -1, -1):
            text = self._order[index]
            if text.sid in self._by_sid:
                yield text

    def oldest_first(self, *, to: str | None, after: int) -> Iterator[Text]:
        """From the next newer than the number `after`."""
        if to is not None:
            yield from (text for text in self._by_to.get(to, []) if text.number > after)
            return
        for index in range(max(0, after + 1 - self._base), len(self._order)):
            text = self._order[index]
            if text.sid in self._by_sid:
                yield text

    def by_status(self) -> dict[str, int]:
        """How many of the outbound texts held are in which status."""
        return dict(Counter(text.status for text in self._by_sid.values() if text.direction == "outbound-api"))

    def _trim(self) -> None:
        dropped, self._order = self._order[: -self._kept], self._order[-self._kept :]
        self._base += len(dropped)
        for text in dropped:
            self._by_sid.pop(text.sid, None)
            rest = [each for each in self._by_to.get(text.to, ()) if each.number >= self._base]
            if rest:
                self._by_to[text.to] = rest
            else:
                self._by_to.pop(text.to, None)
