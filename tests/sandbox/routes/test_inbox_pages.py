"""The inbox pages and what the control API shows."""

from html.parser import HTMLParser

from tests.sandbox.receivers import Hook
from tests.sandbox.running_sandbox import DELIVERY, MEMBER, SDK_WARNINGS, SENDER, RunningSandbox

pytestmark = SDK_WARNINGS


class Page(HTMLParser):
    """What a page holds: visible text, links, and whether anything could run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.links, self.tags = "", list[str](), set[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if tag == "a" and name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_the_inbox_shows_texts_both_ways_escaped(carrier: RunningSandbox, hook: Hook) -> None:
    hook.reply = "<Response><Message>You will hear no more</Message></Response>"
    await carrier.text(body="<script>alert('picket')</script>")
    await carrier.http.post("/sandbox/inbound", json={"from": MEMBER, "to": SENDER, "body": "STOP"})
    answer = await carrier.http.get("/")
    page = Page(answer.text)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    for shown in ("<script>alert('picket')</script>", "STOP", "You will hear no more", "received", "reply"):
        assert shown in page.text
    assert "script" not in page.tags
    assert {"caption", "th", "nav", "h1", "label"} <= page.tags


async def test_the_inbox_has_pages_and_shows_one_conversation(carrier: RunningSandbox) -> None:
    for number in range(60):
        await carrier.text(body=f"Text number {number}.")
    await carrier.text("+447700900777", body="To somebody else")
    first = Page((await carrier.http.get("/")).text)
    assert "Text number 59." in first.text
    assert "Text number 5." not in first.text
    older = next(link for link in first.links if "page=2" in link)
    assert "Text number 5." in Page((await carrier.http.get(older)).text).text
    conversation = Page((await carrier.http.get("/", params={"to": "+447700900777"})).text)
    assert "To somebody else" in conversation.text
    assert "Text number" not in conversation.text


async def test_a_mail_is_shown_with_its_text_links_and_headers(carrier: RunningSandbox) -> None:
    await carrier.mail("gwen@example.org", text="Answer here: https://union.example/answer/abc?x=1&y=<b>")
    listed = Page((await carrier.http.get("/mail")).text)
    assert "Piced – chwech o'r gloch" in listed.text
    page = Page((await carrier.http.get(next(link for link in listed.links if link.startswith("/mail/")))).text)
    assert "https://union.example/answer/abc?x=1&y=" in page.links
    assert DELIVERY in page.text
    assert "b" not in page.tags
    assert (await carrier.http.get("/mail/none")).status_code == 404


async def test_the_control_api_pages_through_texts_and_mails(carrier: RunningSandbox) -> None:
    sids = [(await carrier.text(body=str(number))).sid for number in range(5)]
    for _ in range(3):
        await carrier.mail("gwen@example.org", text="https://union.example/answer/abc")
    first = (await carrier.http.get("/sandbox/messages", params={"limit": 3, "to": MEMBER})).json()
    rest = (await carrier.http.get("/sandbox/messages", params={"limit": 3, "before": first["next"]})).json()
    assert [text["sid"] for text in first["messages"] + rest["messages"]] == sids[::-1]
    assert rest["next"] is None
    mails = (await carrier.http.get("/sandbox/mail", params={"limit": 2})).json()
    last = (await carrier.http.get("/sandbox/mail", params={"limit": 2, "before": mails["next"]})).json()
    assert len({mail["reference"] for mail in mails["mail"] + last["mail"]}) == 3
    assert mails["mail"][0]["links"] == ["https://union.example/answer/abc"]
    assert mails["mail"][0]["headers"]["X-Muster-Attempt"] == "1"
    assert (await carrier.http.get("/sandbox/messages", params={"before": "SMnone"})).status_code == 422
    assert (await carrier.http.get("/sandbox/journal")).json()["email"]["duplicates"] == 2
