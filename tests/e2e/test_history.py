"""What happened to one member, joined from every service: why, by which consent, how often tried, what came of it."""

from typing import Any
from uuid import UUID

from tests.e2e.places import rows
from tests.e2e.stopping import Survived
from tests.support.facts import eventually

_PLANNED = "SELECT member_id FROM audience WHERE campaign_id = $1 AND skip_reason = $2 ORDER BY member_id LIMIT 1"
_LEDGER = "SELECT member_id FROM deliveries WHERE state = $1 AND reason = $2 ORDER BY delivery_id LIMIT 1"
_DELIVERED = "SELECT member_id FROM deliveries WHERE campaign_id = $1 AND state = 'delivered'"


async def _member(survived: Survived, state: str, reason: str) -> UUID:
    (row,) = await rows(survived.told.stack, "dispatch-sms", _LEDGER, state, reason)
    return UUID(str(row["member_id"]))


async def _history(survived: Survived, member: UUID) -> dict[str, list[dict[str, Any]]]:
    """Entries by service."""
    path = f"/members/{member}/history"
    told = await eventually(
        lambda: survived.told.organiser.get("members", path), until=lambda told: told["missing"] == []
    )  # a part that is slow just then is named, by design
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in told["entries"]:
        found.setdefault(entry["service"], []).append(entry)
    return found


def _of_the_campaign(survived: Survived, entries: list[dict[str, Any]]) -> dict[str, Any]:
    (found,) = [entry for entry in entries if entry["campaign_id"] == survived.told.story.campaign_id]
    return found


def _planned(survived: Survived, history: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """What the segmenter planned of the story's campaign: its name and the rule that matched are there."""
    planned = _of_the_campaign(survived, history["segmenter"])
    assert planned["name"] == "Get the vote out"
    assert planned["purpose"] == "ballot_notice"
    assert planned["rule"]["matched"] is True
    assert [part["kind"] for part in planned["rule"]["of"]] == ["body", "not"]
    return planned


async def _planned_and_sent(survived: Survived, member: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the segmenter planned of the story's campaign, and what dispatch-sms made of it."""
    history = await _history(survived, member)
    planned, sent = _planned(survived, history), _of_the_campaign(survived, history["dispatch-sms"])
    assert sent["delivery_id"] in [delivery["delivery_id"] for delivery in planned["deliveries"]]
    return planned, sent


def _consent(planned: dict[str, Any], channel: str) -> str:
    (used,) = [str(consent["consent_id"]) for consent in planned["consents"] if consent["channel"] == channel]
    return used


def _delivered(planned: dict[str, Any], sent: dict[str, Any]) -> None:
    """By which consent it went out, that it was tried, and what came of it."""
    assert sent["consent_id"] == _consent(planned, "sms")
    assert sent["status"] == "delivered"
    assert sent["attempts"] >= 1
    assert [step["status"] for step in sent["passed"]][-1] == "delivered"


async def test_of_a_delivered_text_the_history_names_campaign_rule_consent_attempts_and_outcome(
    survived: Survived,
) -> None:
    member = await _member(survived, "delivered", "")
    _delivered(*await _planned_and_sent(survived, member))


async def test_of_a_skipped_text_the_history_says_why(survived: Survived) -> None:
    member = await _member(survived, "skipped", "same_address")
    planned, sent = await _planned_and_sent(survived, member)
    assert (sent["status"], sent["reason"], sent["attempts"]) == ("skipped", "same_address", 0)
    assert _consent(planned, "sms")


async def test_of_a_member_who_was_not_to_be_written_to_the_history_names_campaign_rule_and_reason(
    survived: Survived,
) -> None:
    campaign = UUID(survived.told.story.campaign_id)
    (row,) = await rows(survived.told.stack, "segmenter", _PLANNED, campaign, "no_consent")
    history = await _history(survived, UUID(str(row["member_id"])))
    planned = _planned(survived, history)
    assert planned["skip_reason"] == "no_consent"
    assert planned["deliveries"] == []
    assert not [used for used in planned["consents"] or [] if used["channel"] == "sms"]
    assert "dispatch-sms" not in history


async def test_of_an_answer_the_history_names_the_poll_and_the_text_it_answered(survived: Survived) -> None:
    path = f"/polls/{survived.told.story.poll_id}/answers"
    listed = (await survived.told.organiser.get("ballot", path, status="counted"))["answers"]
    reached = await rows(survived.told.stack, "dispatch-sms", _DELIVERED, UUID(survived.told.story.campaign_id))
    answered = {UUID(answer["member_id"]) for answer in listed if answer["channel"] == "sms"}
    member = next(row["member_id"] for row in reached if row["member_id"] in answered)
    planned, sent = await _planned_and_sent(survived, member)
    _delivered(planned, sent)
    history = await _history(survived, member)
    (answer,) = [e for e in history["ballot"] if e["what"] == "answer" and e["status"] == "counted"]
    assert answer["poll_id"] == survived.told.story.poll_id
    assert answer["delivery_id"] == sent["delivery_id"]
    assert answer["option"] in {"yes", "not-yet", "do-not-ask"}
