"""The judge itself: it sees one row missing, one too many, one changed."""

from collections.abc import Callable
from dataclasses import replace
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest
from muster_demo.judge import Answers, Evidence, Planned, Row, judge

_CAMPAIGN = uuid5(NAMESPACE_OID, "campaign")


def _delivery_id(campaign: UUID, step: int, member: UUID, channel: str) -> UUID:
    return uuid5(NAMESPACE_OID, f"{campaign}|{step}|{member}|{channel}")


def _member(number: int) -> UUID:
    return uuid5(NAMESPACE_OID, f"member {number}")


def _id(number: int, channel: str, step: int = 1) -> UUID:
    return _delivery_id(_CAMPAIGN, step, _member(number), channel)


_STATES = ("delivered", "undelivered", "expired", "skipped", "rejected")


def _evidence() -> Evidence:
    """Five members by text, one by e-mail, one whose bad number led to e-mail, one who is not written to at all."""
    audience = [Planned(_CAMPAIGN, _member(number), ("sms", "email")) for number in range(5)]
    audience += [Planned(_CAMPAIGN, _member(5), ("email",)), Planned(_CAMPAIGN, _member(6), ("sms", "email"))]
    audience += [Planned(_CAMPAIGN, _member(7), ())]
    ledger = [(_id(number, "sms"), Row("sms", state)) for number, state in enumerate(_STATES)]
    ledger += [(_id(5, "email"), Row("email", "accepted"))]
    ledger += [(_id(6, "sms"), Row("sms", "rejected", "bad_number", address_bad=True))]
    ledger += [(_id(6, "email", 2), Row("email", "accepted"))]
    journal = [found for found, row in ledger if row.accepted]
    return Evidence(audience, ledger, journal, {found: row.state for found, row in ledger})


def test_sets_that_agree_hold() -> None:
    verdict = judge(_evidence(), _delivery_id)
    assert verdict.holds, verdict.sentences()
    assert verdict.sizes["planned"] == 8
    assert verdict.sizes["accepted"] == verdict.sizes["journal"] == 5


@pytest.mark.parametrize("gone", range(8))
def test_one_ledger_row_missing_is_seen(gone: int) -> None:
    evidence = _evidence()
    rows = list(evidence.ledgers)
    lost, _ = rows.pop(gone)
    verdict = judge(replace(evidence, ledgers=rows), _delivery_id)
    assert not verdict.holds
    assert any(lost in ids for ids in verdict.faults.values())


@pytest.mark.parametrize("gone", range(5))
def test_one_journal_line_missing_is_seen(gone: int) -> None:
    evidence = _evidence()
    journal = list(evidence.journal)
    lost = journal.pop(gone)
    verdict = judge(replace(evidence, journal=journal), _delivery_id)
    assert verdict.faults == {"accepted, but not in the journal": (lost,)}


@pytest.mark.parametrize("gone", range(7))
def test_one_audience_row_missing_is_seen(gone: int) -> None:
    evidence = _evidence()
    audience = list(evidence.audience)
    audience.pop(gone)
    verdict = judge(replace(evidence, audience=audience), _delivery_id)
    assert set(verdict.faults) == {"in a ledger but never planned"}


def _twice_in_journal(evidence: Evidence) -> Evidence:
    return replace(evidence, journal=[*evidence.journal, evidence.journal[0]])


def _sent_though_skipped(evidence: Evidence) -> Evidence:
    return replace(evidence, journal=[*evidence.journal, _id(3, "sms")])


def _foreign_in_journal(evidence: Evidence) -> Evidence:
    return replace(evidence, journal=[*evidence.journal, _id(99, "sms")])


def _changed(evidence: Evidence, state: str) -> Evidence:
    rows = [(found, Row("sms", state) if found == _id(0, "sms") else row) for found, row in evidence.ledgers]
    return replace(evidence, ledgers=rows, published={found: row.state for found, row in rows})


def _held(evidence: Evidence) -> Evidence:
    return _changed(evidence, "held")


def _waiting(evidence: Evidence) -> Evidence:
    return _changed(evidence, "requested")


def _no_receipt(evidence: Evidence) -> Evidence:
    return _changed(evidence, "accepted")


def _in_two_ledgers(evidence: Evidence) -> Evidence:
    return replace(evidence, ledgers=[*evidence.ledgers, evidence.ledgers[0]])


def _not_published(evidence: Evidence) -> Evidence:
    return replace(evidence, published={i: s for i, s in evidence.published.items() if i != _id(1, "sms")})


def _published_otherwise(evidence: Evidence) -> Evidence:
    return replace(evidence, published={**evidence.published, _id(1, "sms"): "delivered"})


def _next_channel_never_tried(evidence: Evidence) -> Evidence:
    gone = _id(6, "email", 2)
    return replace(
        evidence,
        ledgers=[(found, row) for found, row in evidence.ledgers if found != gone],
        journal=[found for found in evidence.journal if found != gone],
        published={found: state for found, state in evidence.published.items() if found != gone},
    )


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_twice_in_journal, "more than once in the journal"),
        (_sent_though_skipped, "in the journal, but not accepted"),
        (_foreign_in_journal, "in the journal, but not accepted"),
        (_held, "neither skipped, rejected nor accepted"),
        (_waiting, "neither skipped, rejected nor accepted"),
        (_no_receipt, "accepted, but without a receipt"),
        (_in_two_ledgers, "in more than one row of the ledgers"),
        (_not_published, "whose last published status is not the ledger's"),
        (_published_otherwise, "whose last published status is not the ledger's"),
        (_next_channel_never_tried, "planned but in no ledger"),
    ],
)
def test_every_kind_of_disagreement_is_named(spoil: Callable[[Evidence], Evidence], fault: str) -> None:
    verdict = judge(spoil(_evidence()), _delivery_id)
    assert fault in verdict.faults, verdict.sentences()


def test_all_channels_at_once_means_every_one_of_them() -> None:
    audience = [Planned(_CAMPAIGN, _member(1), ("sms", "email"), at_once=True)]
    rows = [(_id(1, channel), Row(channel, "skipped", "fatigue")) for channel in ("sms", "email")]
    published = {found: row.state for found, row in rows}
    assert judge(Evidence(audience, rows, [], published), _delivery_id).holds
    assert not judge(Evidence(audience, rows[:1], [], {rows[0][0]: "skipped"}), _delivery_id).holds


@pytest.mark.parametrize(
    ("sent", "by_status", "holds"),
    [
        (10, {"counted": 6, "unmatched": 1, "superseded": 3}, True),
        (10, {"counted": 6, "unmatched": 1, "superseded": 2}, False),
        (10, {"counted": 6, "unmatched": 1, "superseded": 2, "late": 1}, False),
        (0, {}, True),
    ],
)
def test_every_answer_sent_is_accounted_for(sent: int, by_status: dict[str, int], holds: bool) -> None:
    assert Answers(sent, by_status).holds is holds
