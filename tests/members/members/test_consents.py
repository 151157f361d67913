"""Consents: the latest evidence counts; a STOP withdraws every purpose, a START restores what it withdrew."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4

from contracts.enums import Intent, Purpose
from contracts.events.replies import ReplyReceived
from contracts.ids import Ids
from hypothesis import given
from hypothesis import strategies as some
from members.domain.members.consents import Evidence, current, extended
from members.domain.members.keyword_replies import after_reply

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
IDS = Ids(b"0" * 32)
ANN = uuid4()


def evidence(purpose: str, *, granted: bool, minutes: int = 0, source: str = "form") -> Evidence:
    return Evidence.new(
        "sms", [purpose], granted=granted, source=source, wording_version="w1", at=NOON + timedelta(minutes=minutes)
    )


def reply(intent: Intent, minutes: int, channel: str = "sms") -> ReplyReceived:
    return ReplyReceived(
        reply_id=uuid4(),
        channel=channel,
        address_hash="0",
        text="-",
        intent=intent,
        received_at=NOON + timedelta(minutes=minutes),
    )


def granted(log: tuple[Evidence, ...]) -> set[str]:
    return {purpose for (_, purpose), each in current(log).items() if each.granted}


def after_replies(log: tuple[Evidence, ...], *replies: ReplyReceived) -> tuple[Evidence, ...]:
    for each in replies:
        log = after_reply(log, each, ANN, IDS)
    return log


def test_a_withdrawal_wins_over_a_grant_of_the_same_moment() -> None:
    yes, no = evidence("survey", granted=True), evidence("survey", granted=False)
    assert granted(extended((), [yes, no])) == granted(extended((), [no, yes])) == set()


@given(some.permutations([evidence("survey", granted=flag, minutes=at) for at, flag in enumerate((True, False, True))]))
def test_the_order_in_which_evidence_arrives_does_not_matter(entries: list[Evidence]) -> None:
    assert granted(extended((), entries)) == {"survey"}


def test_older_evidence_is_left_out() -> None:
    log = extended((), [evidence("survey", granted=False, minutes=5)])
    assert extended(log, [evidence("survey", granted=True, minutes=4)]) == log


def test_evidence_counts_for_the_purposes_that_have_no_later_evidence() -> None:
    log = extended((), [evidence("survey", granted=False, minutes=5)])
    both = Evidence.new("sms", ["survey", "campaign"], granted=True, source="form", wording_version="w2", at=NOON)
    assert granted(extended(log, [both])) == {"campaign"}


def test_a_stop_withdraws_every_purpose_even_one_never_mentioned() -> None:
    log = after_replies(extended((), [evidence("survey", granted=True)]), reply(Intent.STOP, 5))
    assert {purpose for _, purpose in current(log)} == set(Purpose)
    assert granted(log) == set()


def test_a_grant_older_than_the_stop_does_not_undo_it_whatever_its_purpose() -> None:
    log = after_replies((), reply(Intent.STOP, 5))
    assert granted(extended(log, [evidence("political", granted=True, minutes=4)])) == set()
    assert granted(extended(log, [evidence("political", granted=True, minutes=6)])) == {"political"}


def test_a_start_restores_exactly_what_the_stop_withdrew() -> None:
    before = extended((), [evidence("survey", granted=True), evidence("campaign", granted=False)])
    assert granted(after_replies(before, reply(Intent.STOP, 5), reply(Intent.START, 6))) == {"survey"}


def test_a_start_after_two_stops_still_restores_the_earlier_consent() -> None:
    before = extended((), [evidence("survey", granted=True)])
    assert granted(after_replies(before, reply(Intent.STOP, 5), reply(Intent.STOP, 6), reply(Intent.START, 7))) == {
        "survey"
    }


def test_a_start_older_than_the_stop_restores_nothing() -> None:
    before = extended((), [evidence("survey", granted=True)])
    assert granted(after_replies(before, reply(Intent.STOP, 5), reply(Intent.START, 4))) == set()


def test_a_start_does_not_grant_what_a_person_withdrew_otherwise() -> None:
    before = extended((), [evidence("survey", granted=True), evidence("survey", granted=False, minutes=1)])
    assert granted(after_replies(before, reply(Intent.STOP, 5), reply(Intent.START, 6))) == set()


def test_a_stop_on_one_channel_leaves_the_other() -> None:
    before = extended((), [evidence("survey", granted=True)])
    assert granted(after_replies(before, reply(Intent.STOP, 5, channel="email"))) == {"survey"}


def test_a_reply_consumed_again_changes_nothing() -> None:
    stop, start = reply(Intent.STOP, 5), reply(Intent.START, 6)
    log = after_replies(extended((), [evidence("survey", granted=True)]), stop, start)
    assert after_replies(log, stop, start) == log


def test_a_stop_that_is_consumed_after_a_later_start_does_not_stand() -> None:
    before = extended((), [evidence("survey", granted=True)])
    log = after_replies(before, reply(Intent.START, 6), reply(Intent.STOP, 5))
    assert granted(log) == {"survey"}
    assert granted(after_replies(log, reply(Intent.STOP, 7))) == set()


def test_a_start_with_nothing_to_restore_is_kept_once_and_names_no_purpose() -> None:
    start = reply(Intent.START, 6)
    log = after_replies((), start)
    assert (len(log), current(log)) == (1, {})
    assert after_replies(log, start, reply(Intent.START, 4)) == log


def test_a_start_that_is_consumed_early_does_not_outlast_a_withdrawal_of_another_kind() -> None:
    """A withdrawal on paper is not a STOP: no START undoes it, in any order."""
    paper = evidence("survey", granted=False, minutes=4)
    log = after_replies(extended((), [evidence("survey", granted=True)]), reply(Intent.START, 6))
    assert granted(after_replies(extended(log, [paper]), reply(Intent.STOP, 3))) == set()


_WORDS = some.lists(
    some.builds(
        lambda purpose, flag, at: evidence(purpose, granted=flag, minutes=at),
        some.sampled_from(["survey", "campaign"]),
        some.booleans(),
        some.integers(0, 8),
    ),
    max_size=4,
)
_REPLIES = some.lists(
    some.builds(reply, some.sampled_from([Intent.STOP, Intent.START]), some.integers(0, 8)), max_size=5
)


@given(_WORDS, _REPLIES, some.randoms(use_true_random=False))
def test_the_order_in_which_replies_are_consumed_does_not_matter(
    entries: list[Evidence], replies: list[ReplyReceived], chance: Random
) -> None:
    before = extended((), entries)
    in_order = sorted(replies, key=lambda each: (each.received_at, each.intent == Intent.STOP))
    shuffled = chance.sample([*replies, *replies[:2]], len(replies) + len(replies[:2]))
    log = after_replies(before, *shuffled)
    assert granted(log) == granted(after_replies(before, *in_order))
    assert len({each.consent_id for each in log}) == len(log)
