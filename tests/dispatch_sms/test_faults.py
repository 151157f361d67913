"""Each way in which a carrier can misbehave, and what the dispatcher makes of it: the state, the attempts, the book.

The sandbox is told to do it to one number (a list knows none, so that it is told to do it once or a few times); it says
that it did, and at the end the carrier has the message, once.
"""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.dispatch_sms.house import House
from tests.support.facts import eventually

_NUMBERS: Iterator[str] = (f"+44770093{number:03d}7" for number in itertools.count(100))
LOOKED, AGAIN, ANSWERED = "found", "sent again", "answered"
"""What ended it: the list, a second attempt, or an answer or a receipt of the first."""

ONCE = {"count": 1}
LAGS_ONCE = {"count": 1, "delay": 3600}
"""The first look finds nothing, and the second, one L later, does."""
FAULTS = [
    ("429 with Retry-After", [("sms.429", {"count": 1, "retry_after": 1})], AGAIN),
    ("5xx before accepting", [("sms.5xx-before", ONCE)], AGAIN),
    ("5xx after accepting", [("sms.5xx-after", ONCE), ("receipt.never", {})], LOOKED),
    ("reset before accepting", [("sms.reset-before", ONCE)], AGAIN),
    ("accept, then reset", [("sms.reset-after", ONCE), ("receipt.never", {})], LOOKED),
    ("truncated JSON", [("sms.truncated", ONCE), ("receipt.never", {})], LOOKED),
    ("an answer cut short", [("sms.cut", ONCE), ("receipt.never", {})], LOOKED),
    ("wrong JSON", [("sms.wrong-json", ONCE), ("receipt.never", {})], LOOKED),
    ("HTML with 200, not accepted", [("sms.html", {"count": 1, "accept": False})], AGAIN),
    ("HTML with 200, accepted", [("sms.html", {"count": 1, "accept": True}), ("receipt.never", {})], LOOKED),
    ("slow by the byte, in time", [("sms.slow", {"count": 1, "delay": 1})], ANSWERED),
    ("slow by the byte, too slow", [("sms.slow", {"count": 1, "delay": 6}), ("receipt.never", {})], LOOKED),
    ("a late accept", [("sms.late-accept", {"count": 1, "delay": 4.2}), ("receipt.never", {})], LOOKED),
    ("a list that lags", [("sms.reset-after", ONCE), ("receipt.never", {}), ("list.lag", LAGS_ONCE)], LOOKED),
    ("a list that is shuffled", [("sms.reset-after", ONCE), ("receipt.never", {}), ("list.shuffle", {})], LOOKED),
    ("a list that fails", [("sms.reset-after", ONCE), ("receipt.never", {}), ("list.fail", {"count": 3})], LOOKED),
    ("a list that fails, and nothing there", [("sms.reset-before", ONCE), ("list.fail", {"count": 3})], AGAIN),
    ("receipts that never come", [("receipt.never", {})], ANSWERED),
    ("receipts ten times", [("receipt.repeat", {"times": 10})], ANSWERED),
    ("receipts in reverse", [("receipt.reversed", {})], ANSWERED),
    ("a receipt before the answer", [("receipt.before-answer", {})], ANSWERED),
    ("a receipt for a wrong reference", [("receipt.wrong-reference", {})], ANSWERED),
    ("a receipt with a forged signature", [("receipt.forged", {})], ANSWERED),
]


@pytest.mark.parametrize(("rules", "ended"), [pytest.param(rules, ended, id=name) for name, rules, ended in FAULTS])
async def test_the_carrier_has_it_once_after(house: House, rules: list[tuple[str, dict[str, Any]]], ended: str) -> None:
    number, duplicates = next(_NUMBERS), house.duplicates()
    kinds = {kind for kind, _ in rules}
    await house.rows("UPDATE rates SET doubts = 0 RETURNING doubts")  # those of the tests before open no breaker
    if "list.shuffle" in kinds:  # one text has no order
        for _ in range(3):
            await house.state(await house.asked(number), "delivered")
    armed = [
        await house.fault(kind, None if kind.startswith("list.") else number, **parameters)
        for kind, parameters in rules
    ]
    delivery_id = await house.asked(number)
    silent = "receipt.never" in kinds

    async def look() -> Any:
        return (await house.rows("SELECT * FROM deliveries WHERE delivery_id = :id", id=delivery_id) or [None])[0]

    ends = {"accepted", "delivered"} if silent else {"delivered"}  # the list may know already that it arrived
    row = await eventually(look, within=40, until=lambda found: found is not None and found.state in ends)
    (sent,) = house.sent(delivery_id)
    assert sent["gen"] == row.gen == (2 if ended == AGAIN else 1)
    for fault in armed:
        assert await eventually(partial(house.hits, fault))
    await house.carrier.delete("/sandbox/faults")
    if "receipt.wrong-reference" in kinds:
        assert await eventually(house.duplicates, until=lambda found: found > duplicates), "a second one is counted"
    else:
        assert (row.reference, house.duplicates()) == (sent["reference"], duplicates)
    attempts = await house.rows("SELECT * FROM attempts WHERE delivery_id = :id ORDER BY gen", id=delivery_id)
    assert [attempt.gen for attempt in attempts] == list(range(1, row.gen + 1))
    passed = [status for _, status, *_ in row.passed]
    assert ("in_doubt" in passed) == (ended == LOOKED or (ended == AGAIN and rules[0][0] != "sms.429"))
    assert "held" not in passed
