"""The rules that are active, and which of them a request triggers."""

import random
import re
from collections.abc import Callable, Iterator
from fnmatch import translate

from sandbox.faults.rules import Kind, Rule, Stage


class ActiveRule:
    """An active rule, with the requests it has matched (`seen`) and hit (`hits`)."""

    def __init__(self, number: int, rule: Rule) -> None:
        self.id, self.rule, self.seen, self.hits = number, rule, 0, 0
        self._random = random.Random(rule.seed)  # noqa: S311 - a repeatable draw, not a secret
        self._glob = re.compile(translate(rule.to), re.IGNORECASE) if rule.to else None

    def hit(self, recipient: str | None) -> bool:
        """Whether the rule hits a request to this recipient; counts it."""
        if self._glob and not (recipient and self._glob.match(recipient)):
            return False
        self.seen += 1
        if self.seen <= self.rule.after or (self.rule.count is not None and self.hits >= self.rule.count):
            return False
        if self.rule.probability < 1 and self._random.random() >= self.rule.probability:
            return False
        self.hits += 1
        return True


OnHit = Callable[[Rule, str | None, str | None], None]
"""Called with each rule that hits, the recipient and the delivery id, as far as they are known."""


class Faults:
    """All active rules, in the order in which they were added. `on_hit` records each hit in the journal: a count in
    memory would be lost when the process is killed."""

    def __init__(self, on_hit: OnHit = lambda *_: None) -> None:
        self._active: dict[int, ActiveRule] = {}
        self._next, self._on_hit = 1, on_hit

    def add(self, rule: Rule) -> ActiveRule:
        """Activate a rule."""
        active = ActiveRule(self._next, rule)
        self._active[active.id] = active
        self._next += 1
        return active

    def remove(self, number: int | None = None) -> int:
        """Deactivate one rule, or all; returns how many there were."""
        removed = [each for each in self._active if number in (None, each)]
        for each in removed:
            del self._active[each]
        return len(removed)

    def __iter__(self) -> Iterator[ActiveRule]:
        return iter(self._active.values())

    def trigger(
        self, kind: Kind, recipient: str | None = None, *, at: Stage | None = None, delivery: str | None = None
    ) -> Rule | None:
        """The first rule of this kind (and SMTP stage) that hits this request, or None."""
        for active in self._active.values():
            if active.rule.kind == kind and active.rule.at == at and active.hit(recipient):
                self._on_hit(active.rule, recipient, delivery)
                return active.rule
        return None
