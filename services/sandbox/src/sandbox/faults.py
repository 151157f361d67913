"""Faults on demand: rules by kind and recipient, limited by count and probability."""

import random
import re
from collections.abc import Callable, Iterator
from fnmatch import translate
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal[
    "sms.429",
    "sms.5xx-before",
    "sms.5xx-after",
    "sms.reset-before",
    "sms.reset-after",
    "sms.truncated",
    "sms.cut",
    "sms.wrong-json",
    "sms.html",
    "sms.slow",
    "sms.delay",
    "sms.late-accept",
    "sms.fate",
    "list.lag",
    "list.shuffle",
    "list.fail",
    "list.delay",
    "fetch.fail",
    "receipt.never",
    "receipt.repeat",
    "receipt.reversed",
    "receipt.delay",
    "receipt.before-answer",
    "receipt.wrong-reference",
    "receipt.forged",
    "smtp.reply",
    "smtp.disconnect",
    "smtp.delay",
    "smtp.without",
]
Stage = Literal["connect", "ehlo", "mail", "rcpt", "data", "body", "dot", "accepted"]


class Rule(BaseModel):
    """One fault. Parameters that its kind does not use are ignored; an unknown one is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    to: str | None = Field(default=None, max_length=200)
    """Glob over the recipient; a stage that knows none yet is never matched by it."""
    probability: float = Field(default=1.0, ge=0, le=1)
    count: int | None = Field(default=None, ge=1)
    after: int = Field(default=0, ge=0)
    seed: int | None = None

    status: int | None = Field(default=None, ge=400, le=599)
    retry_after: int = Field(default=1, ge=0)
    delay: float | None = Field(default=None, ge=0, le=3600)
    accept: bool | None = None
    fate: str = Field(default="delivered", pattern=r"^(delivered|silent|disorderly|21\d{3}|30\d{3})$")
    times: int = Field(default=10, ge=1, le=100)
    at: Stage | None = None
    code: int = Field(default=451, ge=400, le=599)
    text: str = Field(default="4.3.0 A fault of the sandbox", max_length=400, pattern=r"^[\x20-\x7e]+$")
    extensions: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_a_stage(self) -> Self:
        staged = self.kind in {"smtp.reply", "smtp.disconnect", "smtp.delay"}
        if staged != (self.at is not None):
            raise ValueError(f"{self.kind} {'needs' if staged else 'takes no'} `at`")
        return self


class Armed:
    """A rule in force, with what it has done."""

    def __init__(self, number: int, rule: Rule) -> None:
        self.id, self.rule, self.seen, self.hits = number, rule, 0, 0
        self._random = random.Random(rule.seed)  # noqa: S311 - a repeatable draw, not a secret
        self._glob = re.compile(translate(rule.to), re.IGNORECASE) if rule.to else None

    def fires(self, recipient: str | None) -> bool:
        """Whether it strikes this time; counts."""
        if self._glob and not (recipient and self._glob.match(recipient)):
            return False
        self.seen += 1
        if self.seen <= self.rule.after or (self.rule.count is not None and self.hits >= self.rule.count):
            return False
        if self.rule.probability < 1 and self._random.random() >= self.rule.probability:
            return False
        self.hits += 1
        return True


Struck = Callable[[Rule, str | None, str | None], None]
"""Told of each fault that fires: its rule, the recipient and the delivery id, as far as they are known."""


class Faults:
    """All rules in force, in the order they were set. `struck` writes down what fired: a count in memory would not
    outlive a kill."""

    def __init__(self, struck: Struck = lambda *_: None) -> None:
        self._armed: dict[int, Armed] = {}
        self._next, self._struck = 1, struck

    def arm(self, rule: Rule) -> Armed:
        """Put a rule in force."""
        armed = Armed(self._next, rule)
        self._armed[armed.id] = armed
        self._next += 1
        return armed

    def disarm(self, number: int | None = None) -> int:
        """Take one rule, or all, out of force; how many there were."""
        gone = [each for each in self._armed if number in (None, each)]
        for each in gone:
            del self._armed[each]
        return len(gone)

    def __iter__(self) -> Iterator[Armed]:
        return iter(self._armed.values())

    def strike(
        self, kind: Kind, recipient: str | None = None, *, at: Stage | None = None, delivery: str | None = None
    ) -> Rule | None:
        """The first rule of this kind (and stage) that fires now."""
        for armed in self._armed.values():
            if armed.rule.kind == kind and armed.rule.at == at and armed.fires(recipient):
                self._struck(armed.rule, recipient, delivery)
                return armed.rule
        return None
