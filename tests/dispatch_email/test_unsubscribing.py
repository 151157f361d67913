"""A member leaves by the link in a message: GET shows, POST acts."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from contracts import topics
from contracts.events.replies import ReplyReceived

from tests.dispatch_email.campaigning import Campaigning, member
from tests.dispatch_email.post import Post
from tests.support.answers import http_client


async def test_the_page_shows_and_only_the_button_acts(post: Post, campaign: Campaigning) -> None:
    person = member("gwilym@cangen.example", language="cy")
    delivery_id = await campaign.ask(person)
    link = (await post.arrived("gwilym@cangen.example"))["headers"]["List-Unsubscribe"].strip("<>")
    path = httpx.URL(link).path
    async with http_client("dispatch_email", post.service.base_url) as anybody:
        page = await anybody.get(path)
        assert (page.status_code, 'lang="cy"' in page.text, "<form" in page.text) == (200, True, True)
        other = await anybody.post(path, data={"List-Unsubscribe": "Never"})
        assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "List-Unsubscribe")
        again = await post.another(person)
        assert (await post.told(again, "accepted")).status == "accepted"

        for _ in range(2):
            done = await anybody.post(path, data={"List-Unsubscribe": "One-Click"})
            assert (done.status_code, "Wedi" in done.text) == (200, True)
        assert (await anybody.post(path, data={"confirm": "yes"})).status_code == 200
    refused = await post.another(person)
    assert (await post.told(refused, "skipped")).model_dump()["reason"] == "suppressed"
    replies = [event for event in await post.world.read(topics.REPLIES) if isinstance(event, ReplyReceived)]
    ours = [reply for reply in replies if reply.delivery_id == delivery_id]
    assert [(reply.intent, reply.channel, reply.member_id) for reply in ours] == [("stop", "email", person.member_id)]


@pytest.mark.parametrize("content_type", [None, "application/x-www-form-urlencoded", "text/plain"])
async def test_one_click_without_a_body_is_a_click_too(
    post: Post, campaign: Campaigning, content_type: str | None
) -> None:
    person = member(f"bare-{str(content_type)[-5:]}@x.example")
    await campaign.ask(person)
    link = (await post.arrived(person.contact_points[0].address))["headers"]["List-Unsubscribe"].strip("<>")
    async with http_client("dispatch_email", post.service.base_url) as anybody:
        headers = {"Content-Type": content_type} if content_type else {}
        done = await anybody.post(httpx.URL(link).path, headers=headers)
        assert (done.status_code, "<h1>Done</h1>" in done.text) == (200, True)
    refused = await post.another(person)
    assert (await post.told(refused, "skipped")).model_dump()["reason"] == "suppressed"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_forged_or_expired_link_gets_a_clear_page(post: Post, method: str) -> None:
    async with http_client("dispatch_email", post.service.base_url) as anybody:
        answer = await anybody.request(
            method,
            "/unsubscribe/AAAAnotatoken",
            data={"confirm": "yes"},
            headers={"Accept": "text/html", "Accept-Language": "fr-FR,en;q=0.5"},
        )
        assert (answer.status_code, 'lang="fr"' in answer.text) == (403, True)
        if method == "POST":
            plain = await anybody.post("/unsubscribe/AAAA", data={"List-Unsubscribe": "One-Click"})
            assert (plain.status_code, plain.headers["content-type"]) == (403, "application/problem+json")


async def test_a_link_of_another_purpose_an_old_one_or_an_unknown_one_does_nothing(post: Post) -> None:
    links, now = post.settings.links, datetime.now(UTC)
    later, earlier, stranger = now + timedelta(days=1), now - timedelta(days=1), uuid4()
    tokens = {
        links.sign("answer", stranger, expires_at=later): 403,
        links.sign("unsubscribe", stranger, stranger, expires_at=later): 403,
        links.sign("unsubscribe", stranger, expires_at=earlier): 403,
        links.sign("unsubscribe", stranger, expires_at=later): 404,
    }
    async with http_client("dispatch_email", post.service.base_url) as anybody:
        for token, status in tokens.items():
            form = {"List-Unsubscribe": "One-Click"}
            assert (await anybody.post(f"/unsubscribe/{token}", data=form)).status_code == status
            page = await anybody.post(f"/unsubscribe/{token}", data=form, headers={"Accept": "text/html"})
            assert (page.status_code, "<h1>This link does not work</h1>" in page.text) == (status, True)


async def test_the_count_of_stray_mail_is_for_the_whole_union_only(post: Post) -> None:
    async with http_client("dispatch_email", post.service.base_url) as anybody:
        assert (await anybody.get("/stray-mail")).status_code == 401
        of_a_branch = post.world.headers(branch="cardiff")
        assert (await anybody.get("/stray-mail", headers=of_a_branch)).status_code == 403
        without_scope = post.world.headers("members:read")
        assert (await anybody.get("/stray-mail", headers=without_scope)).status_code == 403
