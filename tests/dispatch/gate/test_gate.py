"""The gate: refusing, waiting and passing, in the design's order."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from contracts.events.campaigns import CampaignEvent
from dispatch.projection.contact import Contact, Grant
from dispatch.sending.gate.facts import Due, Facts
from dispatch.sending.gate.gate import Gate, Pass, Skip, Wait
from dispatch.sending.gate.quiet_hours import QuietHours

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
GATE = Gate(QuietHours(time(21), time(8)), timedelta(minutes=15))
MEMBER = uuid.uuid4()
GRANT = Grant(uuid.uuid4(), True, NOW - timedelta(days=10))
DUE = Due(
    delivery_id=uuid.uuid4(),
    month=date(2026, 3, 1),
    campaign_id=uuid.uuid4(),
    step=1,
    member_id=MEMBER,
    member_version=1,
    expires_at=NOW + timedelta(days=1),
    admitted_at=NOW,
    gen=0,
)
CONTACT = Contact(
    MEMBER, 1, address="+447700900001", address_hash="h", time_zone="Europe/London", consents={"campaign": GRANT}
)


def campaign(**fields: Any) -> CampaignEvent:
    values = {
        "campaign_id": DUE.campaign_id,
        "version": 1,
        "state": "launched",
        "name": "Picket",
        "purpose": "campaign",
        "content": (),
        "launched_on": NOW.date(),
        "expires_at": NOW + timedelta(days=2),
    }
    return CampaignEvent(**(values | fields))


def facts(**fields: Any) -> Facts:
    values: dict[str, Any] = {"due": DUE, "contact": CONTACT, "campaign": campaign()}
    return Facts(**(values | fields))


def reason(given: Facts, now: datetime = NOW) -> str:
    verdict = GATE.judge(given, now)
    assert isinstance(verdict, Skip), verdict
    return verdict.reason.value


def test_who_may_be_written_to_passes_under_the_consent_used() -> None:
    verdict = GATE.judge(facts(), NOW)
    assert isinstance(verdict, Pass)
    assert (verdict.address, verdict.consent, verdict.expires_at) == ("+447700900001", GRANT, DUE.expires_at)


REFUSALS: list[tuple[str, dict[str, Any]]] = [
    ("not_active", {"contact": replace(CONTACT, status="left")}),
    ("no_contact", {"contact": replace(CONTACT, address=None, address_hash=None)}),
    ("bad_contact", {"contact": replace(CONTACT, usable=False)}),
    ("suppressed", {"suppressed_since": NOW - timedelta(days=1)}),
    ("no_consent", {"contact": replace(CONTACT, consents={})}),
    ("cancelled", {"campaign": campaign(state="cancelled")}),
    ("already_took_part", {"took_part": True}),
    ("expired", {"campaign": campaign(expires_at=NOW)}),
]


@pytest.mark.parametrize(("word", "fields"), REFUSALS)
def test_each_refusal_has_its_reason(word: str, fields: dict[str, Any]) -> None:
    assert reason(facts(**fields)) == word


@pytest.mark.parametrize("number", range(len(REFUSALS) - 1))
def test_of_two_reasons_the_earlier_in_the_order_is_given(number: int) -> None:
    (first, fields), (_, later) = REFUSALS[number], REFUSALS[number + 1]
    both = fields | later
    if "contact" in fields and "contact" in later:
        given, after = fields["contact"], later["contact"]
        changed = {k: getattr(after, k) for k in CONTACT.__slots__ if getattr(after, k) != getattr(CONTACT, k)}
        both["contact"] = replace(given, **changed)
    if "campaign" in fields and "campaign" in later:
        both["campaign"] = campaign(state="cancelled", expires_at=NOW)
    assert reason(facts(**both)) == first


def test_refused_consent_is_no_consent() -> None:
    assert reason(facts(contact=replace(CONTACT, consents={"campaign": replace(GRANT, granted=False)}))) == "no_consent"


def test_an_address_that_the_provider_called_bad_is_a_bad_contact() -> None:
    assert reason(facts(address_bad=True)) == "bad_contact"


def test_a_stop_yields_only_to_consent_whose_evidence_is_later() -> None:
    stopped = NOW - timedelta(days=1)
    assert reason(facts(suppressed_since=stopped)) == "suppressed"
    later = replace(CONTACT, consents={"campaign": replace(GRANT, at=NOW - timedelta(hours=1))})
    assert isinstance(GATE.judge(facts(contact=later, suppressed_since=stopped), NOW), Pass)
    same_moment = replace(CONTACT, consents={"campaign": replace(GRANT, at=stopped)})
    assert reason(facts(contact=same_moment, suppressed_since=stopped)) == "suppressed"


def test_an_erased_member_is_skipped_even_if_everything_else_is_unknown() -> None:
    assert reason(facts(contact=Contact(MEMBER, 9, erased=True, status="erased"), campaign=None)) == "erased"


@pytest.mark.parametrize(
    ("what", "word", "fields"),
    [
        ("member", "member_unknown", {"contact": None}),
        ("member", "member_unknown", {"contact": replace(CONTACT, version=1), "due": replace(DUE, member_version=2)}),
        ("campaign", "campaign_unknown", {"campaign": None}),
    ],
)
def test_what_is_not_known_yet_waits_for_a_quarter_of_an_hour(what: str, word: str, fields: dict[str, Any]) -> None:
    given = facts(**fields)
    early = GATE.judge(given, NOW + timedelta(minutes=14, seconds=59))
    assert isinstance(early, Wait)
    assert early.why == what
    assert early.until <= NOW + timedelta(minutes=15)
    over = NOW + timedelta(minutes=15)
    assert reason(replace(given, members_applied=over, campaigns_applied=over), over) == word


@pytest.mark.parametrize("applied", [None, NOW + timedelta(minutes=14, seconds=59)])
def test_what_is_not_known_is_waited_for_until_its_topic_was_read_past_the_patience(applied: datetime | None) -> None:
    late = NOW + timedelta(hours=3)
    given = facts(contact=None, members_applied=applied, campaigns_applied=late)
    verdict = GATE.judge(given, late)
    assert isinstance(verdict, Wait)
    assert (verdict.why, verdict.until) == ("member", late + timedelta(seconds=30))
    assert reason(given, DUE.expires_at) == "expired"


def test_a_paused_campaign_and_a_union_wide_stop_wait() -> None:
    paused, stopped = GATE.judge(facts(campaign=campaign(state="paused")), NOW), GATE.judge(facts(stopped=True), NOW)
    assert isinstance(paused, Wait)
    assert isinstance(stopped, Wait)
    assert (paused.why, stopped.why) == ("paused", "stopped")


NIGHT = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)


def test_at_night_it_waits_until_the_members_morning() -> None:
    verdict = GATE.judge(facts(), NIGHT)
    assert verdict == Wait(datetime(2026, 3, 3, 8, 0, tzinfo=UTC), "quiet_hours")


def test_a_campaign_may_pass_quiet_hours() -> None:
    assert isinstance(GATE.judge(facts(campaign=campaign(passes_quiet_hours=True)), NIGHT), Pass)


def test_what_could_only_go_after_it_expires_is_expired_at_once() -> None:
    early = facts(campaign=campaign(expires_at=datetime(2026, 3, 3, 7, 0, tzinfo=UTC)))
    assert reason(early, NIGHT) == "expired"


def test_with_less_than_five_seconds_left_it_is_expired() -> None:
    assert reason(facts(campaign=campaign(expires_at=NOW + timedelta(seconds=4)))) == "expired"
    assert isinstance(GATE.judge(facts(campaign=campaign(expires_at=NOW + timedelta(seconds=6))), NOW), Pass)


def test_one_address_is_one_slot_unless_every_member_is_written_to() -> None:
    shared, own = GATE.judge(facts(), NOW), GATE.judge(facts(campaign=campaign(one_per_member=True)), NOW)
    assert isinstance(shared, Pass)
    assert isinstance(own, Pass)
    assert (shared.slot, own.slot) == (uuid.UUID(int=0), MEMBER)


SUSPECT = replace(DUE, suspect=True)
UNLOOKABLE = {"no_contact"}


@pytest.mark.parametrize(("word", "fields"), [given for given in REFUSALS if given[0] not in UNLOOKABLE])
def test_what_may_have_gone_already_is_looked_for_before_it_is_refused(word: str, fields: dict[str, Any]) -> None:
    verdict = GATE.judge(facts(**fields, due=SUSPECT), NOW)
    assert isinstance(verdict, Pass), word
    assert verdict.address == "+447700900001"
    assert verdict.consent == (None if word == "no_consent" else GRANT)


def test_where_there_is_no_list_what_would_be_refused_is_and_only_what_could_be_sent_is_in_doubt() -> None:
    gate = replace(GATE, lists=False)
    assert isinstance(gate.judge(facts(campaign=campaign(state="cancelled"), due=SUSPECT), NOW), Skip)
    assert isinstance(gate.judge(facts(due=SUSPECT), NOW), Pass)


def test_what_may_have_gone_already_waits_as_ever_and_is_asked_about_again_soon() -> None:
    """Nobody wakes it: what it waits for may be over any time."""
    for given, at in (({"stopped": True}, NOW), ({"campaign": campaign(state="paused")}, NOW), ({}, NIGHT)):
        verdict = GATE.judge(facts(**given, due=SUSPECT), at)
        assert isinstance(verdict, Wait)
        assert verdict.until == at + timedelta(minutes=5)


def test_what_cannot_be_looked_for_is_judged_as_ever() -> None:
    erased = Contact(MEMBER, 9, erased=True, status="erased")
    assert reason(facts(contact=erased, due=SUSPECT)) == "erased"
    assert reason(facts(contact=replace(CONTACT, address=None, address_hash=None), due=SUSPECT)) == "no_contact"
    assert isinstance(GATE.judge(facts(contact=None, due=SUSPECT), NOW), Wait)
    assert isinstance(GATE.judge(facts(campaign=None, due=SUSPECT), NOW), Wait)
