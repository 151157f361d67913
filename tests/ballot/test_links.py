"""The member's page: shows on GET, acts on POST."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
from ballot.settings import Settings

from tests.ballot.given import Place, member, poll_given, reply
from tests.support.answers import http_client


def link(place: Place, poll_id: str, member_id: UUID, *, purpose: str = "answer", hours: float = 1) -> str:
    """A link as a dispatcher makes it."""
    links = place.world.settings(Settings).links
    expires = datetime.now(UTC) + timedelta(hours=hours)
    return f"/answer/{links.sign(purpose, UUID(poll_id), member_id, expires_at=expires)}"


async def follow(place: Place, path: str, option: str | None = None) -> httpx.Response:
    """As a member's browser does it: without a token."""
    async with http_client("ballot", place.client.base_url) as browser:
        return await (browser.get(path) if option is None else browser.post(path, data={"option": option}))


async def test_looking_changes_nothing_and_what_is_sent_twice_is_recorded_twice_and_counts_once(place: Place) -> None:
    (one,) = await place.many(1)
    poll_id = await place.opened()
    path = link(place, poll_id, one)
    for _ in range(3):
        shown = await follow(place, path)
        assert shown.status_code == 200
        assert 'type="radio" name="option" value="voted" required> I have voted' in shown.text
        assert "<legend>Choose one answer</legend>" in shown.text
    assert (await place.result(poll_id))["received"] == 0
    for _ in range(2):
        assert "Your answer has been taken: <strong>I have voted</strong>" in (await follow(place, path, "voted")).text
    result = await place.result(poll_id)
    assert (result["received"], result["counted"], result["superseded"]) == (2, 1, 1)
    assert "You have answered already" in (await follow(place, path)).text


async def test_texts_and_links_are_answered_together_and_the_last_counts(place: Place) -> None:
    (one,) = await place.many(1)
    poll_id = await place.opened()
    path = link(place, poll_id, one)
    await follow(place, path, "voted")
    await place.say(reply(poll_id, one, "notyet"))
    await place.result(poll_id, received=2, superseded=1)
    await follow(place, path, "voted")
    assert (await place.result(poll_id))["superseded"] == 2
    (standing,) = await place.answers(poll_id, "counted")
    assert (standing["channel"], standing["option"]) == ("link", "voted")


async def test_the_same_link_once_more_counts_over_a_text_from_in_between_that_is_heard_last(place: Place) -> None:
    (one,) = await place.many(1)
    poll_id = await place.opened()
    path = link(place, poll_id, one)
    await follow(place, path, "voted")
    between = reply(poll_id, one, "notyet")
    await follow(place, path, "voted")
    await place.say(between)
    result = await place.result(poll_id, received=3)
    assert (result["counted"], result["superseded"]) == (1, 2)
    (standing,) = await place.answers(poll_id, "counted")
    assert (standing["channel"], standing["option"]) == ("link", "voted")
    assert datetime.fromisoformat(standing["received_at"]) > between.received_at


async def test_the_page_speaks_the_members_language(place: Place) -> None:
    welsh = member(place.at("bangor"), language="cy")
    breton = member(place.at("bangor"), language="br")
    await place.join(welsh, breton)
    translations = {"cy": {"question": "Ydych chi <wedi> pleidleisio?", "labels": {"voted": "Ydw"}}}
    poll_id = await place.opened(translations=translations)
    shown = (await follow(place, link(place, poll_id, welsh.member_id))).text
    assert '<html lang="cy">' in shown
    assert "Ydych chi &lt;wedi&gt; pleidleisio?" in shown
    assert "> Ydw</label>" in shown
    assert "Dewiswch un ateb" in shown
    assert '<html lang="en">' in (await follow(place, link(place, poll_id, breton.member_id))).text


async def test_a_link_that_is_forged_expired_or_for_something_else_is_refused(place: Place) -> None:
    (one,) = await place.many(1)
    poll_id = await place.opened()
    good = link(place, poll_id, one)
    forged = good[:-2] + ("AA" if good[-2:] != "AA" else "BB")
    bad = [
        forged,
        "/answer/x",
        link(place, poll_id, one, hours=-1),
        link(place, poll_id, one, purpose="unsubscribe"),
        link(place, poll_id, uuid4()),
    ]
    for path in bad:
        for option in (None, "voted"):
            refused = await follow(place, path, option)
            assert refused.status_code == 403
            assert refused.headers["content-type"].startswith("text/html")
    assert (await follow(place, link(place, str(uuid4()), one))).status_code == 404
    assert (await place.result(poll_id))["received"] == 0


async def test_no_option_or_an_unknown_one_is_told_and_answers_nothing(place: Place) -> None:
    (one,) = await place.many(1)
    poll_id = await place.opened()
    path = link(place, poll_id, one)
    for option in ("", "perhaps"):
        refused = await follow(place, path, option)
        assert refused.status_code == 422
        assert "Please choose one of the answers." in refused.text
    assert (await place.result(poll_id))["received"] == 0


async def test_links_answer_until_the_closing_and_only_polls_that_take_them(place: Place) -> None:
    (one,) = await place.many(1)
    by_text = await place.opened(answer_by=["text"])
    assert (await follow(place, link(place, by_text, one), "voted")).status_code == 409
    made = (await place.client.post("/polls", json=poll_given(place.union))).json()
    assert (await follow(place, link(place, made["poll_id"], one), "voted")).status_code == 409
    poll_id = await place.opened()
    assert (await follow(place, link(place, poll_id, one), "voted")).status_code == 200
    final = await place.counted(poll_id)
    after = await follow(place, link(place, poll_id, one), "notyet")
    assert after.status_code == 409
    assert "not open" in after.text
    assert (await place.result(poll_id))["received"] == final["received"] == 1
