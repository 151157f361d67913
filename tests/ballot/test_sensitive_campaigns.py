"""A poll that a sensitive campaign asks: an answer reveals that the member was selected."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.events.campaigns import CampaignLaunched, Content
from contracts.topics import CAMPAIGNS

from tests.ballot.builders import reply
from tests.ballot.scenario import Scenario
from tests.support.facts import eventually
from tests.support.tokens import ALL_SCOPES

WITHOUT = " ".join(scope for scope in ALL_SCOPES.split() if scope != "segments:sensitive")
SECRETS = ("Access at work", "leave")


async def answered(scenario: Scenario) -> tuple[UUID, str]:
    """A member who texted that they want to be left alone by a poll, and the poll."""
    (one,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll(title="Access at work")
    await scenario.publish_replies(reply(poll_id, one, "leave me"))
    await scenario.result(poll_id, counted=1)
    return one, poll_id


async def asked(
    scenario: Scenario, poll_id: str, version: int = 2, campaign_id: UUID | None = None, **said: Any
) -> UUID:
    """A campaign that asks it, once ballot has this version."""
    now = datetime.now(UTC)
    campaign = CampaignLaunched(
        campaign_id=campaign_id or uuid4(),
        version=version,
        state=f"launched {version}",
        name="Network",
        purpose="survey",
        content=(Content(channel="sms", language="en", text="Well?"),),
        launched_on=now.date(),
        expires_at=now + timedelta(days=1),
        poll_id=UUID(poll_id),
        **said,
    )
    await scenario.world.publish(CAMPAIGNS, str(campaign.campaign_id), campaign)
    await eventually(
        lambda: campaigns(scenario, poll_id), until=lambda seen: seen.get(str(campaign.campaign_id)) == campaign.state
    )
    return campaign.campaign_id


async def campaigns(scenario: Scenario, poll_id: str, **headers: str) -> dict[str, str]:
    """State by id, as the poll names them."""
    found = (await scenario.client.get(f"/polls/{poll_id}", headers=headers)).json()["campaigns"]
    return {campaign["campaign_id"]: campaign["state"] for campaign in found}


async def history(scenario: Scenario, member_id: UUID, scopes: str = WITHOUT) -> dict[str, dict[str, Any]]:
    """Entries by their `what`."""
    answer = await scenario.client.get(f"/members/{member_id}/history", headers=scenario.world.headers(scopes))
    return {entry["what"]: entry for entry in answer.raise_for_status().json()["entries"]}


async def test_without_the_scope_a_history_shows_that_they_answered_and_not_what(scenario: Scenario) -> None:
    one, poll_id = await answered(scenario)
    await asked(scenario, poll_id)
    await asked(scenario, poll_id, sensitive=True)
    masked = await history(scenario, one)
    assert masked.keys() == {"on_roll", "answer", "participation"}
    for entry in masked.values():
        assert entry.keys().isdisjoint({"poll_id", "title", "option"})
        assert entry["withheld"] == "a sensitive campaign asks this poll; the token lacks the scope segments:sensitive"
    assert (masked["answer"]["status"], masked["answer"]["channel"]) == ("counted", "sms")
    assert not [secret for secret in (*SECRETS, poll_id) if secret in str(masked["answer"])]


async def test_with_the_scope_it_shows_everything(scenario: Scenario) -> None:
    one, poll_id = await answered(scenario)
    await asked(scenario, poll_id, sensitive=True)
    whole = await history(scenario, one, ALL_SCOPES)
    assert (whole["answer"]["title"], whole["answer"]["option"]) == SECRETS
    assert {entry["poll_id"] for entry in whole.values()} == {poll_id}
    assert not [entry for entry in whole.values() if "withheld" in entry]


async def test_a_poll_that_only_ordinary_campaigns_ask_is_shown_without_the_scope(scenario: Scenario) -> None:
    one, poll_id = await answered(scenario)
    await asked(scenario, poll_id)
    shown = await history(scenario, one)
    assert (shown["answer"]["title"], shown["answer"]["option"]) == SECRETS
    assert {entry["poll_id"] for entry in shown.values()} == {poll_id}


async def test_an_answer_received_before_the_campaign_is_known_is_withheld_too(scenario: Scenario) -> None:
    one, _ = await answered(scenario)
    early = await history(scenario, one)
    assert early["on_roll"]["title"] == "Access at work"
    for what in ("answer", "participation"):
        assert early[what].keys().isdisjoint({"poll_id", "title", "option"})
        assert early[what]["withheld"].startswith("no campaign is known yet that asks this poll")


async def test_a_campaign_that_was_sensitive_once_stays_so(scenario: Scenario) -> None:
    one, poll_id = await answered(scenario)
    campaign_id = await asked(scenario, poll_id, sensitive=True)
    await asked(scenario, poll_id, 3, campaign_id, sensitive=False)
    assert "title" not in (await history(scenario, one))["answer"]


async def test_its_campaign_and_its_answers_are_not_shown_without_the_scope(scenario: Scenario) -> None:
    one, poll_id = await answered(scenario)
    await scenario.publish_replies(reply(poll_id, one, "why me"))
    await scenario.result(poll_id, unmatched=1)
    ordinary, _ = await asked(scenario, poll_id), await asked(scenario, poll_id, sensitive=True)
    headers = scenario.world.headers(WITHOUT)
    assert (await campaigns(scenario, poll_id, **headers)).keys() == {str(ordinary)}
    listed = await scenario.client.get(f"/polls/{poll_id}/answers", headers=headers)
    (answer,) = await scenario.list_answers(poll_id)
    path = f"/polls/{poll_id}/answers/{answer['answer_id']}/decision"
    decided = await scenario.client.post(path, json={"set_aside": True}, headers=headers)
    assert (listed.status_code, decided.status_code) == (403, 403)
    assert str(one) not in listed.text
    assert "segments:sensitive" in listed.json()["detail"]
