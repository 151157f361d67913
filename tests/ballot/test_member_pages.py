"""The member's page: shows on GET, acts on POST."""

from datetime import datetime
from uuid import uuid4

from tests.ballot.answer_links import follow, link
from tests.ballot.builders import member, new_poll, reply
from tests.ballot.scenario import Scenario


async def test_showing_changes_nothing_and_an_answer_sent_twice_is_recorded_twice_and_counts_once(
    scenario: Scenario,
) -> None:
    (one,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    path = link(scenario, poll_id, one)
    for _ in range(3):
        shown = await follow(scenario, path)
        assert shown.status_code == 200
        assert 'type="radio" name="option" value="voted" required> I have voted' in shown.text
        assert "<legend>Choose one answer</legend>" in shown.text
    assert (await scenario.result(poll_id))["received"] == 0
    for _ in range(2):
        assert (
            "Your answer has been taken: <strong>I have voted</strong>" in (await follow(scenario, path, "voted")).text
        )
    result = await scenario.result(poll_id)
    assert (result["received"], result["counted"], result["superseded"]) == (2, 1, 1)
    assert "You have answered already" in (await follow(scenario, path)).text


async def test_texts_and_links_are_answered_together_and_the_last_counts(scenario: Scenario) -> None:
    (one,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    path = link(scenario, poll_id, one)
    await follow(scenario, path, "voted")
    await scenario.publish_replies(reply(poll_id, one, "notyet"))
    await scenario.result(poll_id, received=2, superseded=1)
    await follow(scenario, path, "voted")
    assert (await scenario.result(poll_id))["superseded"] == 2
    (counted,) = await scenario.list_answers(poll_id, "counted")
    assert (counted["channel"], counted["option"]) == ("link", "voted")


async def test_an_answer_sent_again_by_link_replaces_an_earlier_text_that_is_consumed_later(
    scenario: Scenario,
) -> None:
    (one,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    path = link(scenario, poll_id, one)
    await follow(scenario, path, "voted")
    between = reply(poll_id, one, "notyet")
    await follow(scenario, path, "voted")
    await scenario.publish_replies(between)
    result = await scenario.result(poll_id, received=3)
    assert (result["counted"], result["superseded"]) == (1, 2)
    (counted,) = await scenario.list_answers(poll_id, "counted")
    assert (counted["channel"], counted["option"]) == ("link", "voted")
    assert datetime.fromisoformat(counted["received_at"]) > between.received_at


async def test_the_page_is_in_the_members_language(scenario: Scenario) -> None:
    welsh = member(scenario.membership("bangor"), language="cy")
    breton = member(scenario.membership("bangor"), language="br")
    await scenario.publish_members(welsh, breton)
    translations = {"cy": {"question": "Ydych chi <wedi> pleidleisio?", "labels": {"voted": "Ydw"}}}
    poll_id = await scenario.open_poll(translations=translations)
    shown = (await follow(scenario, link(scenario, poll_id, welsh.member_id))).text
    assert '<html lang="cy">' in shown
    assert "Ydych chi &lt;wedi&gt; pleidleisio?" in shown
    assert "> Ydw</label>" in shown
    assert "Dewiswch un ateb" in shown
    assert '<html lang="en">' in (await follow(scenario, link(scenario, poll_id, breton.member_id))).text


async def test_a_link_that_is_forged_expired_or_for_something_else_is_refused(scenario: Scenario) -> None:
    (one,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    good = link(scenario, poll_id, one)
    forged = good[:-2] + ("AA" if good[-2:] != "AA" else "BB")
    bad = [
        forged,
        "/answer/x",
        link(scenario, poll_id, one, hours=-1),
        link(scenario, poll_id, one, purpose="unsubscribe"),
        link(scenario, poll_id, uuid4()),
    ]
    for path in bad:
        for option in (None, "voted"):
            refused = await follow(scenario, path, option)
            assert refused.status_code == 403
            assert refused.headers["content-type"].startswith("text/html")
    assert (await follow(scenario, link(scenario, str(uuid4()), one))).status_code == 404
    assert (await scenario.result(poll_id))["received"] == 0


async def test_a_missing_or_unknown_option_is_refused_and_records_nothing(scenario: Scenario) -> None:
    (one,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    path = link(scenario, poll_id, one)
    for option in ("", "perhaps"):
        refused = await follow(scenario, path, option)
        assert refused.status_code == 422
        assert "Please choose one of the answers." in refused.text
    assert (await scenario.result(poll_id))["received"] == 0


async def test_links_answer_until_the_closing_and_only_polls_that_take_them(scenario: Scenario) -> None:
    (one,) = await scenario.add_members(1)
    by_text = await scenario.open_poll(answer_by=["text"])
    assert (await follow(scenario, link(scenario, by_text, one), "voted")).status_code == 409
    made = (await scenario.client.post("/polls", json=new_poll(scenario.union))).json()
    assert (await follow(scenario, link(scenario, made["poll_id"], one), "voted")).status_code == 409
    poll_id = await scenario.open_poll()
    assert (await follow(scenario, link(scenario, poll_id, one), "voted")).status_code == 200
    final = await scenario.close_and_count(poll_id)
    after = await follow(scenario, link(scenario, poll_id, one), "notyet")
    assert after.status_code == 409
    assert "not open" in after.text
    assert (await scenario.result(poll_id))["received"] == final["received"] == 1
