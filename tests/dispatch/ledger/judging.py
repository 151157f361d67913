"""What must hold of a ledger at every moment, and what at the end."""

from collections import Counter
from itertools import pairwise
from typing import Any
from uuid import UUID

from contracts.event import decode
from dispatch.ledger.states import PAIRS, TERMINAL, UNPUBLISHED, State

from tests.dispatch.ledger.play import Trial
from tests.dispatch.ledger.unruly import Fate

_ROWS = "SELECT delivery_id, state, gen, rev, published_rev, reference, passed, deadline FROM deliveries"
_ATTEMPTS = "SELECT delivery_id, gen, reference, outcome, address FROM attempts ORDER BY delivery_id, gen"
_HAS_IT = {State.ACCEPTED, State.DELIVERED, State.UNDELIVERED, State.EXPIRED}
_PAIRS = {(was.value, after.value) for was, after in PAIRS}


async def holds(trial: Trial) -> None:
    """At every moment: nothing twice, nothing lost, nothing said that is not so."""
    rows = {row.delivery_id: row for row in await trial.house.rows(_ROWS)}
    attempts = await trial.house.rows(_ATTEMPTS)
    went = Counter(one.message.delivery_id for one in trial.provider.book)
    assert rows.keys() == trial.asked.keys(), "lost, or invented"
    assert [item for item, times in went.items() if times > 1] == [], "sent twice"
    for delivery_id, row in rows.items():
        _row(row, went[delivery_id])
        gens = [one.gen for one in attempts if one.delivery_id == delivery_id]
        assert gens == list(range(1, row.gen + 1)), "an attempt is missing"
    _references(trial, attempts)
    assert trial.house.count("duplicates_detected_total") == trial.known_duplicates


def _row(row: Any, went: int) -> None:
    state = State(row.state)
    assert 0 <= row.published_rev <= row.rev == len(row.passed)
    assert [step[0] for step in row.passed] == list(range(1, row.rev + 1))
    states = ["requested", *(step[1] for step in row.passed)]
    assert states[-1] == row.state
    assert {pair for pair in pairwise(states) if pair[0] != pair[1]} <= _PAIRS
    assert [step[2] for step in row.passed if step[1] == "sending"] == list(range(1, row.gen + 1))
    if state in _HAS_IT:
        assert went == 1, f"the ledger says {state}, the carrier has nothing"
    elif state in TERMINAL:
        assert went == 0, f"the ledger says {state}, the carrier has it"


def _references(trial: Trial, attempts: list[Any]) -> None:
    """Each belongs to the delivery it was given for, or to one that cannot be told from it: same text, same number."""
    texts = {one.reference: (one.message.to, one.message.text) for one in trial.provider.book}
    sent = {one.message.delivery_id: (one.message.to, one.message.text) for one in trial.provider.requests}
    for attempt in attempts:
        if attempt.reference:
            assert texts[attempt.reference] == sent[attempt.delivery_id]
        assert attempt.outcome is None or attempt.address is None, "an address outlives its attempt"


async def ends(trial: Trial) -> None:
    """One process is killed, one wakes and does what it meant to. Left alone after that, with a carrier that behaves,
    all of it comes to an end that is true."""
    trial.kill(1)
    while trial.works[0]:
        await (trial.answer(0, 0) if trial.works[0][0].request else trial.post(0, 0, Fate()))
    for _ in range(8):
        await trial.search()
        await trial.decide()
        await trial.claim(0, 50)
        while trial.works[0]:
            await trial.post(0, 0, Fate())
        rows = await trial.house.rows(_ROWS)
        if all(State(row.state) in TERMINAL | {State.ACCEPTED} for row in rows):
            break
    await holds(trial)
    rows = await trial.house.rows(_ROWS)
    assert {State(row.state) for row in rows} <= TERMINAL | {State.ACCEPTED}, "something is stuck"
    accepted = {row.delivery_id for row in rows if State(row.state) in _HAS_IT}
    assert accepted == {one.message.delivery_id for one in trial.provider.book}
    await trial.publish(False)
    _told(trial, {row.delivery_id: row for row in await trial.house.rows(_ROWS)})


def _told(trial: Trial, rows: dict[UUID, Any]) -> None:
    """Everything that was passed and nothing else, in order; a repeat is the same event to the byte."""
    events: dict[str, bytes] = {}
    for record in trial.wire.records:
        value = record.value or b""
        assert events.setdefault(decode(value).id, value) == value, "one id, two events"
    heard: dict[UUID, list[tuple[int, str]]] = {}
    for value in events.values():
        event: Any = decode(value).event
        heard.setdefault(event.delivery_id, []).append((event.rev, event.status))
    for delivery_id, row in rows.items():
        assert row.published_rev == row.rev or State(row.state) in UNPUBLISHED
        passed = [(rev, status) for rev, status, *_ in row.passed if status not in UNPUBLISHED]
        assert heard.get(delivery_id, []) == passed
