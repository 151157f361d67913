"""The faults that are injected into the providers during a run: changing sets, drawn from a seed."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Rule = Mapping[str, object]
"""A rule as the sandbox's control API takes it (sandbox.faults.rules)."""
_SMS: tuple[Rule, ...] = (
    {"kind": "sms.429", "retry_after": 1, "probability": 0.2},
    {"kind": "sms.5xx-before", "probability": 0.1},
    {"kind": "sms.5xx-after", "probability": 0.1},
    {"kind": "sms.reset-before", "probability": 0.1},
    {"kind": "sms.reset-after", "probability": 0.1},
    {"kind": "sms.truncated", "probability": 0.1},
    {"kind": "sms.cut", "probability": 0.1},
    {"kind": "sms.wrong-json", "probability": 0.1},
    {"kind": "sms.html", "probability": 0.05, "accept": True},
    {"kind": "sms.html", "probability": 0.05, "accept": False},
    {"kind": "sms.slow", "delay": 2.0, "probability": 0.1},
    {"kind": "sms.delay", "delay": 1.0, "probability": 0.2},
)
_LATE: tuple[Rule, ...] = (
    {"kind": "sms.late-accept", "probability": 0.1},
    {"kind": "list.lag", "probability": 1.0},
)
"""Their delays are the longest that the settings allow for."""
_LISTS: tuple[Rule, ...] = (
    {"kind": "list.shuffle", "probability": 0.5},
    {"kind": "list.fail", "probability": 0.5},
    {"kind": "fetch.fail", "probability": 0.5},
)
_RECEIPTS: tuple[Rule, ...] = (
    {"kind": "receipt.never", "probability": 0.2},
    {"kind": "receipt.repeat", "times": 10, "probability": 0.05},
    {"kind": "receipt.reversed", "probability": 0.2},
    {"kind": "receipt.delay", "delay": 2.0, "probability": 0.2},
    {"kind": "receipt.before-answer", "probability": 0.2},
    {"kind": "receipt.wrong-reference", "probability": 0.02},
    {"kind": "receipt.forged", "probability": 0.1},
)
_MAIL: tuple[Rule, ...] = (
    {"kind": "smtp.reply", "at": "connect", "code": 421, "text": "4.3.2 Busy", "probability": 0.3},
    {"kind": "smtp.reply", "at": "ehlo", "code": 502, "text": "5.5.1 What", "probability": 0.2},
    {"kind": "smtp.reply", "at": "rcpt", "code": 421, "text": "4.3.2 Closing", "probability": 0.1},
    {"kind": "smtp.reply", "at": "mail", "code": 452, "text": "4.3.1 Full", "probability": 0.1},
    {"kind": "smtp.reply", "at": "rcpt", "code": 450, "text": "4.2.1 Try later", "probability": 0.1},
    {"kind": "smtp.reply", "at": "rcpt", "code": 550, "text": "5.1.1 Nobody here", "probability": 0.02},
    {"kind": "smtp.reply", "at": "data", "code": 451, "text": "4.3.0 Try later", "probability": 0.1},
    {"kind": "smtp.reply", "at": "dot", "code": 451, "text": "4.3.0 Try later", "probability": 0.1},
    {"kind": "smtp.reply", "at": "dot", "code": 552, "text": "5.2.2 Full", "probability": 0.02},
    {"kind": "smtp.reply", "at": "dot", "code": 554, "text": "5.6.0 No", "probability": 0.02},
    {"kind": "smtp.disconnect", "at": "connect", "probability": 0.1},
    {"kind": "smtp.disconnect", "at": "data", "probability": 0.05},
    {"kind": "smtp.disconnect", "at": "body", "probability": 0.05},
    {"kind": "smtp.disconnect", "at": "dot", "probability": 0.03},
    {"kind": "smtp.disconnect", "at": "accepted", "probability": 0.03},
    {"kind": "smtp.delay", "at": "dot", "delay": 1.0, "probability": 0.1},
)
"""The stack's SMTP is unencrypted: that STARTTLS is stripped is tested in tests/dispatch_email/test_faults.py."""


@dataclass(frozen=True, slots=True)
class FaultPeriod:
    """These faults for so many seconds."""

    seconds: float
    rules: tuple[Rule, ...]


def fault_periods(seed: int, *, late_seconds: float, lag_seconds: float) -> Iterator[FaultPeriod]:
    """Endless. Every third has a late accept and a lagging list, the two that the wait Q is there for."""
    dice = random.Random(f"weather {seed}")  # noqa: S311 - a repeatable draw, not a secret
    turn = 0
    while True:
        chosen = [dice.choice(kinds) for kinds in (_SMS, _SMS, _LISTS, _RECEIPTS, _MAIL)]
        if turn % 3 == 0:
            chosen += [{**rule, "delay": delay} for rule, delay in zip(_LATE, (late_seconds, lag_seconds), strict=True)]
        turn += 1
        rules = tuple({**rule, "seed": dice.randrange(1_000_000)} for rule in chosen)
        yield FaultPeriod(dice.uniform(4.0, 9.0), rules)
