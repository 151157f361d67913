"""A message that cannot be written holds nothing else up, and waits until we have mended what is wrong."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from contracts.enums import Channel
from dispatch.projection.contact import Contact, Grant
from dispatch.sending.composition.links import delivery_links
from dispatch.sending.gate.gate import Pass
from structlog.testing import capture_logs

from tests.dispatch.events import NOON, campaign, member
from tests.dispatch.house import House, house_in
from tests.dispatch.trial import QUICK, TrialProvider, TrialSettings
from tests.support.facts import eventually
from tests.support.world import World


@dataclass
class Poisoned(TrialProvider):
    """Has a bug that one word brings out, until it is mended."""

    poison: str = "Pwll"

    def cost(self, text: str) -> int:
        if self.poison and self.poison in text:
            raise ZeroDivisionError(f"cannot count {text}")
        return super().cost(text)


async def put_off(house: House, delivery: uuid.UUID) -> timedelta:
    """By how much one that waits for us was put off since it was admitted."""
    (row,) = await house.rows(
        "SELECT waiting_for, not_before - admitted_at AS since FROM deliveries WHERE delivery_id = :id", id=delivery
    )
    assert row.waiting_for == "our_fault"
    return timedelta(seconds=row.since.total_seconds())


async def test_the_one_beside_it_goes_and_it_goes_itself_once_the_bug_is_mended(world: World) -> None:
    provider = Poisoned()
    async with house_in(world, provider=provider) as house:
        (poisoned,) = await house.known(campaign(urgent=True), member(given_name="Pwll"))
        (good,) = await house.known(campaign(), member())
        with capture_logs() as lines:
            async with house.sending():
                await house.settled(good, "accepted")
        assert await put_off(house, poisoned) >= timedelta(seconds=30)
        assert house.count("not_sent_for_our_fault_total", why="composing") == 1
        (said,) = [line for line in lines if line["log_level"] == "error"]
        assert (said["why"], said["delivery_id"], said["error"]) == ("composing", str(poisoned), "ZeroDivisionError")
        assert said["where"].startswith("test_poisoned.py:")
        assert "Pwll" not in str(lines)
        provider.poison = ""
        house.clock.advance(timedelta(minutes=31))
        async with house.sending():
            await house.settled(poisoned, "accepted")


async def test_it_is_tried_ever_more_seldom_and_skipped_when_its_campaign_has_expired(world: World) -> None:
    async with house_in(world, provider=Poisoned()) as house:
        (poisoned,) = await house.known(campaign(), member(given_name="Pwll"))
        admitted = timedelta()
        for minutes, again in ((0, 0.5), (1, 1), (10, 11), (60, 30)):
            admitted += timedelta(minutes=minutes)
            house.clock.advance(timedelta(minutes=minutes))
            assert await house.claim() == []
            assert await put_off(house, poisoned) >= admitted + timedelta(minutes=again)
            assert await house.claim() == []
        assert house.count("not_sent_for_our_fault_total", why="composing") == 4
        house.clock.advance(timedelta(days=1))
        await house.dispatch.maintenance.sweep()
        assert (await house.state(poisoned), await house.reason(poisoned)) == ("skipped", "expired")


async def test_thousands_of_them_are_counted_and_told_once(world: World) -> None:
    async with house_in(world, provider=Poisoned()) as house:
        deliveries = await house.known(campaign(), *[member(given_name="Pwll") for _ in range(20)])
        with capture_logs() as lines:
            assert await house.claim() == []
        assert house.count("not_sent_for_our_fault_total", why="composing") == len(deliveries)
        assert [line["why"] for line in lines if line["log_level"] == "error"] == ["composing"]


@pytest.mark.parametrize(
    "spoiled", ["UPDATE campaigns SET snapshot = '{}'", """UPDATE contacts SET consents = '{"bargaining": "yes"}'"""]
)
async def test_a_stored_campaign_or_contact_that_cannot_be_read_holds_up_its_own_deliveries_only(
    quiet_house: House, spoiled: str
) -> None:
    house = quiet_house
    (held_up,) = await house.known(campaign(), member())
    await house.rows_changed(spoiled)
    (good,) = await house.known(campaign(), member())
    async with house.sending():
        await house.settled(good, "accepted")
    assert await put_off(house, held_up) >= timedelta(seconds=30)
    assert house.count("not_sent_for_our_fault_total", why="reading") == 1


async def test_a_poll_that_closes_in_two_hundred_years_stops_nobody(quiet_house: House) -> None:
    house, poll = quiet_house, uuid.uuid4()
    far = campaign("Answer: {{ poll_link }}", poll_id=poll, poll_closes_at=datetime(2206, 1, 1, tzinfo=UTC))
    (asked,) = await house.known(far, member())
    (good,) = await house.known(campaign(), member())
    async with house.sending():
        await house.settled(asked, "accepted")
        await house.settled(good, "accepted")
    (text,) = [message.text for message in house.provider.journal if message.delivery_id == asked]
    assert house.settings.links.open("answer", text.rpartition("/")[2], NOON)[0] == poll
    await eventually(lambda: house.count("not_sent_for_our_fault_total", why="composing") == 0)


class _Mail(TrialSettings):
    channel: ClassVar[str] = Channel.EMAIL


@pytest.mark.parametrize("year", [2105, 2106, 9999])
def test_an_unsubscribe_link_is_made_however_far_off_the_campaign_expires(world: World, year: int) -> None:
    settings = world.settings(_Mail, **QUICK, database_url="postgresql://nowhere")
    delivery, expires_at = uuid.uuid4(), datetime(year, 12, 31, 23, 59, tzinfo=UTC)
    asking, person = campaign(expires_at=expires_at), Contact(uuid.uuid4(), 1)
    passed = Pass(person, asking, "nia@example.org", "hash", Grant(uuid.uuid4(), True, NOON), expires_at)
    link = delivery_links(settings, delivery, passed)["unsubscribe_link"]
    assert settings.links.open("unsubscribe", link.rpartition("/")[2], NOON) == (delivery,)
