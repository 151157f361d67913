"""The judge of stops and STOPs sees what a forged journal holds: one message too late, one STOP that nobody took."""

from datetime import UTC, datetime, timedelta

import pytest
from muster_chaos.results.forbidden_messages import LateAccept, Message, Stop, after_opt_outs, after_stops
from muster_chaos.results.opt_outs import OptOuts, StopText, judge
from muster_chaos.time_scale import LATE_ACCEPT, OPT_OUT_REACH, STOP_REACH

_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
_STOP = Stop(_NOON, _NOON + timedelta(seconds=60))
_NUMBER = "+447400000001"


def after(seconds: float) -> str:
    return (_NOON + timedelta(seconds=seconds)).isoformat()


def message(seconds: float, to: str = _NUMBER) -> Message:
    return {"delivery_id": "d1", "to": to, "at": after(seconds)}


def late_accept(seconds: float) -> LateAccept:
    return {"kind": "sms.late-accept", "delivery_id": "d1", "at": after(seconds)}


@pytest.mark.parametrize(
    ("seconds", "forbidden"),
    [(-1, False), (STOP_REACH - 0.1, False), (STOP_REACH + 0.1, True), (59, True), (61, False)],
)
def test_a_message_later_than_ten_seconds_after_a_confirmed_stop_is_seen(seconds: float, forbidden: bool) -> None:
    assert bool(after_stops([message(seconds)], [], [_STOP])) is forbidden


def test_a_text_that_the_carrier_had_before_and_accepted_late_counts_from_when_it_had_it() -> None:
    accepted = [message(STOP_REACH + 1)]
    assert after_stops(accepted, [late_accept(STOP_REACH + 1 - LATE_ACCEPT)], [_STOP]) == []
    assert after_stops(accepted, [late_accept(STOP_REACH + 0.5)], [_STOP])
    assert after_stops(accepted, [{**late_accept(0), "delivery_id": "d2"}], [_STOP])
    assert after_stops(accepted, [{**late_accept(0), "kind": "sms.delay"}], [_STOP])


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        (message(OPT_OUT_REACH - 0.1), False),
        (message(OPT_OUT_REACH + 0.1), True),
        (message(-5), False),
        (message(300, to="+447400000002"), False),
    ],
)
def test_a_text_to_a_number_long_after_its_stop_is_seen(text: Message, forbidden: bool) -> None:
    assert bool(after_opt_outs([text], [], {_NUMBER: _NOON})) is forbidden


def inbound(reference: str, body: str = "STOP", sender: str = _NUMBER) -> StopText:
    return {"reference": reference, "from": sender, "body": body}


def test_a_stop_counts_from_its_webhook_or_else_from_when_it_was_found_in_the_list() -> None:
    texts = [message(OPT_OUT_REACH + 1)]
    listed = {"SM1": _NOON, "SM2": _NOON + timedelta(seconds=30)}
    assert judge([inbound("SM1")], {}, listed, texts, []) == OptOuts(
        0, 1, [], [f"d1 accepted {timedelta(seconds=OPT_OUT_REACH + 1)} after the STOP of its number"]
    )
    assert judge([inbound("SM1")], {"SM1": _NOON + timedelta(seconds=5)}, listed, texts, []) == OptOuts(1, 0, [], [])
    assert judge([inbound("SM2")], {}, listed, texts, []) == OptOuts(0, 1, [], [])
    assert judge([inbound("SM2"), inbound("SM1")], {}, listed, texts, []).overstepped, "the first of two counts"


def test_a_stop_that_nobody_took_is_seen_and_an_answer_is_none() -> None:
    found = judge([inbound("SM1"), inbound("SM2", body="1")], {}, {}, [message(300)], [])
    assert found == OptOuts(0, 0, ["the STOP SM1 was never taken"], [])
    assert found.faults == ["the STOP SM1 was never taken"]
