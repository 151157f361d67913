"""A relay that is set up wrongly, or that we overrun, costs no member the message: it waits, and goes after that."""

from typing import NamedTuple

import pytest
from chassis.db.database import Database
from sqlalchemy import text

from tests.dispatch_email.campaigning import Campaigning, member
from tests.dispatch_email.post import Post


class Answer(NamedTuple):
    """What the relay says once, and at which stage."""

    at: str
    code: int
    text: str

    @property
    def why(self) -> str:
        """By which the alarm names it."""
        status = self.text.split(" ")[0]
        return f"smtp_{status if status[:1].isdigit() else self.code}"


OURS = {
    "may not send as": Answer("dot", 550, "5.7.60 SMTP; Client does not have permissions to send as this sender"),
    "sender not verified": Answer("dot", 554, "Message rejected: Email address is not verified."),
    "our own address": Answer("rcpt", 554, "5.7.1 <news@union.example>: not today"),
    "554 to the sender": Answer("mail", 554, "5.7.1 Access denied"),
    "553 to the sender": Answer("mail", 553, "5.1.3 Bad address"),
    "550 to the sender": Answer("mail", 550, "5.1.1 No such user"),
    "sending suspended": Answer("dot", 554, "Message rejected: Sending suspended for this account."),
    "login wanted": Answer("mail", 530, "5.7.0 Authentication required"),
    "relay denied": Answer("rcpt", 554, "5.7.1 <anybody@x.example>: Relay access denied"),
    "relay denied for now": Answer("rcpt", 454, "4.7.1 <anybody@x.example>: Relay access denied"),
}
SLOWER = {
    "454": Answer("mail", 454, "Throttling failure: Maximum sending rate exceeded."),
    "4.7": Answer("rcpt", 451, "4.7.500 Server busy. Please try again later"),
    "421 too many": Answer("mail", 421, "too many messages from your host"),
    "4.3.2": Answer("dot", 451, "4.3.2 System not accepting messages"),
}


async def put_off(post: Post, campaign: Campaigning, answer: Answer, name: str) -> None:
    """The relay says so to one message, which is taken at the second try; nothing is held against the member."""
    address = f"{name.replace(' ', '-').replace('.', '-')}@x.example"
    known = {"to": address} if answer.at != "mail" else {}
    await post.fault(kind="smtp.reply", at=answer.at, code=answer.code, text=answer.text, count=1, **known)
    person = member(address)
    delivery_id = await campaign.ask(person)
    await post.told(delivery_id, "accepted")
    assert "rejected" not in await post.statuses(delivery_id)
    await post.told(await post.another(person), "accepted")


@pytest.mark.parametrize("name", OURS)
async def test_what_is_our_own_fault_waits_with_an_alarm(post: Post, campaign: Campaigning, name: str) -> None:
    before = post.counted("not_sent_for_our_fault_total", why=OURS[name].why)
    await put_off(post, campaign, OURS[name], name)
    assert post.counted("not_sent_for_our_fault_total", why=OURS[name].why) == before + 1


async def refusals(post: Post, *, forget: bool = False) -> int:
    """How many answers of the window that runs count as refused; `forget`: as if nothing had been refused so far."""
    database = Database(post.settings.database_url)
    async with database.transaction() as session:
        if forget:
            await session.execute(text("UPDATE rates SET rate = allowed, answered = 0, refused = 0"))
        found = (await session.execute(text("SELECT coalesce(max(refused), 0) FROM rates"))).scalar_one()
    await database.close()
    return int(found)


@pytest.mark.parametrize("name", SLOWER)
async def test_what_is_said_of_our_pace_counts_against_the_rate(post: Post, campaign: Campaigning, name: str) -> None:
    await refusals(post, forget=True)
    before, why = post.counted("rate_lowered_total"), SLOWER[name].why
    alarms = post.counted("not_sent_for_our_fault_total", why=why)
    people = [member(f"{name.replace(' ', '-').replace('.', '-')}-{number}@x.example") for number in range(6)]
    answer = SLOWER[name]
    await post.fault(kind="smtp.reply", at=answer.at, code=answer.code, text=answer.text, count=len(people))
    for delivery_id in [await campaign.ask(person) for person in people]:
        await post.told(delivery_id, "accepted")
        assert "rejected" not in await post.statuses(delivery_id)
    # Judged at the end of a window; a few alone do not lower it.
    assert post.counted("rate_lowered_total") > before or await refusals(post) == len(people)
    assert post.counted("not_sent_for_our_fault_total", why=why) == alarms


async def test_an_address_that_does_not_exist_is_refused_and_marked(post: Post, campaign: Campaigning) -> None:
    person = member("nobody@x.example")
    await post.fault(kind="smtp.reply", at="rcpt", code=550, text="No such user here", to="nobody@x.example", count=1)
    await post.told(await campaign.ask(person), "rejected")
    assert (await post.told(await post.another(person), "skipped")).model_dump()["reason"] == "bad_contact"
