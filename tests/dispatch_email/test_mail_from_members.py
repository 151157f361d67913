"""What somebody writes to the return path is no bounce: a person reads it."""

from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.retention.retention import Retention
from contracts import topics
from contracts.events.members import MemberErased
from dispatch_email.domain.personal_mail import PersonalMail, personal_mail
from dispatch_email.domain.reports import Kind
from dispatch_email.models import SPANS
from dispatch_email.service import MailFromMembers

from tests.dispatch_email import bounced
from tests.dispatch_email.campaigning import Campaigning, member
from tests.dispatch_email.post import Post
from tests.support.answers import http_client
from tests.support.facts import eventually
from tests.support.paging import pages

LEFT = "Please note: this mailbox is no longer in use. Write to my new one."


def letter(text: str, *, automatic: bool = False) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "Ada <ada@x.example>", "Re: The ballot opens"
    if automatic:
        message["Auto-Submitted"] = "auto-replied"
    message.set_content(f"{text}\n\n> The ballot opens on Monday.\n")
    return message.as_bytes()


async def kept(post: Post) -> list[dict[str, Any]]:
    return await pages(post.service, "/mail-from-members", "after", limit=1)


async def test_what_a_person_writes_is_kept_until_a_person_has_seen_it(post: Post, campaign: Campaigning) -> None:
    person = member("letter@x.example")
    delivery_id = await campaign.ask(person)
    await post.told(delivery_id, "accepted")
    for _ in range(2):
        await post.bring(post.return_path(delivery_id), letter(LEFT))
    (mail,) = [each for each in await kept(post) if each["delivery_id"] == str(delivery_id)]
    assert (mail["member_id"], mail["text"], mail["automatic"]) == (str(person.member_id), LEFT, False)
    assert await post.statuses(delivery_id) == ["accepted"]
    await post.told(await post.another(person), "accepted")
    assert (await post.service.delete(f"/mail-from-members/{mail['mail_id']}")).status_code == 204
    assert (await post.service.delete(f"/mail-from-members/{mail['mail_id']}")).status_code == 404
    assert mail["mail_id"] not in {each["mail_id"] for each in await kept(post)}


async def test_mail_of_a_stranger_or_about_nothing_is_not_kept(post: Post, campaign: Campaigning) -> None:
    delivery_id = await campaign.ask(member("away@x.example"))
    await post.told(delivery_id, "accepted")
    await post.bring(post.return_path(delivery_id), bounced.vacation())
    await post.bring(post.return_path(delivery_id).replace(".1.", ".2."), letter(LEFT))
    await post.bring(post.return_path(uuid4()), letter(LEFT))
    assert not [each for each in await kept(post) if each["delivery_id"] == str(delivery_id)]


async def test_mail_goes_when_its_member_is_erased_or_it_is_old(post: Post, campaign: Campaigning) -> None:
    gone, old = member("gone@x.example"), member("old@x.example")
    ids = [await campaign.ask(person) for person in (gone, old)]
    for delivery_id in ids:
        await post.told(delivery_id, "accepted")
        await post.bring(post.return_path(delivery_id), letter(LEFT))
    database = Database(post.settings.database_url, pool_size=1)
    try:

        async def left(days: int) -> set[str]:
            await MailFromMembers(database).forget_erased()
            settings = post.settings.model_copy(update={"mail_from_members_days": days})
            await Retention(settings, database, Clock(), SPANS).step()
            return {each["delivery_id"] for each in await kept(post)} & set(map(str, ids))

        assert await left(90) == set(map(str, ids))
        erased = MemberErased(member_id=gone.member_id, version=2)
        await post.world.publish(topics.MEMBERS, str(gone.member_id), erased)
        await eventually(lambda: left(90), until=lambda found: found == {str(ids[1])})
        assert await left(0) == set()
    finally:
        await database.close()


async def test_a_branch_cannot_read_it(post: Post) -> None:
    async with http_client("dispatch_email", post.service.base_url) as anybody:
        of_a_branch = post.world.headers(branch="cardiff")
        assert (await anybody.get("/mail-from-members", headers=of_a_branch)).status_code == 403
        assert (await anybody.delete(f"/mail-from-members/{uuid4()}", headers=of_a_branch)).status_code == 403


@pytest.mark.parametrize(
    ("raw", "kind", "text"),
    [
        (letter(LEFT), Kind.UNKNOWN, LEFT),
        (letter("I have left the company, this address is no longer read.", automatic=True), Kind.AUTO_REPLY, "I have"),
        (letter("I am away until Monday.", automatic=True), Kind.AUTO_REPLY, None),
        (letter(LEFT), Kind.FAILED, None),
        (letter(""), Kind.UNKNOWN, None),
        (b"\x00\xff", Kind.UNKNOWN, None),
    ],
)
def test_only_words_for_a_person_are_kept(raw: bytes, kind: Kind, text: str | None) -> None:
    found = personal_mail(raw, kind)
    assert found is None if text is None else isinstance(found, PersonalMail) and found.text.startswith(text)
