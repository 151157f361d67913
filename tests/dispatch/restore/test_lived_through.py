"""Restores that no offset shows: by the mark of a process that lived through one, by events published and not read."""

from datetime import timedelta

from chassis.kafka.catch_up import CatchUp
from contracts import topics

from tests.dispatch.events import member
from tests.dispatch.house import house_in
from tests.dispatch.restore.restoring import as_before_the_claim, compared, missed
from tests.support.world import World


async def test_word_left_by_a_process_that_lived_through_the_restore_begins_one_recovery(own_world: World) -> None:
    """By its offsets alone this ledger is not behind: what it had sent was not read yet when it was set back."""
    async with house_in(own_world) as house:
        wanted = await house.campaign()
        await house.known(wanted, member())
        await house.ask(wanted, await house.member())
        await missed(house, 30.0)
        await compared(house)
        (suspect,) = await house.rows("SELECT waiting_for FROM deliveries")
        assert suspect.waiting_for == "recovery"
        (noted,) = await house.rows("SELECT since, detected_at, targets FROM recoveries")
        assert noted.since < noted.detected_at - timedelta(seconds=29.9)
        # not read yet, or read by a process that did not come to commit it
        (asked,) = [target for target in noted.targets if target[2]]
        assert (asked[0], asked[2]) == (topics.requests_for("sms", urgent=False).name, 1)

        await missed(house, 30.5)  # another replica, of the same restore
        await compared(house)
        assert len(await house.rows("SELECT 1 FROM recoveries")) == 1
        await missed(house, 0.0)  # the next restore
        await compared(house)
        assert len(await house.rows("SELECT 1 FROM recoveries")) == 2


async def test_a_ledger_behind_its_own_events_was_restored_though_nobody_had_heard_them(own_world: World) -> None:
    """Everything was stopped, restored, started: what was published last is on the topic, past every offset."""
    async with house_in(own_world) as house:
        (delivery,) = await house.known(await house.campaign(), member())
        async with house.sending():
            await house.settled(delivery, "accepted")
        await house.dispatch.publisher.publish()
        await house.told(delivery, "accepted")
        for partition in await CatchUp(house.kafka, house.database).ends(topics.DELIVERIES):
            await house.rows_changed(
                "INSERT INTO consumed (consumer_group, topic, partition, next_offset, next_timestamp)"
                f" VALUES ('deliveries', 'deliveries', {partition}, 0, clock_timestamp())"
            )
        await compared(house)
        assert await house.rows("SELECT 1 FROM recoveries") == []
        await as_before_the_claim(house, but_heard=True)
        await compared(house)
        (suspect,) = await house.rows("SELECT waiting_for FROM deliveries")
        assert suspect.waiting_for == "recovery"


async def test_a_start_while_a_recovery_goes_on_keeps_what_the_first_one_knew(own_world: World) -> None:
    """The replay has moved the group's positions back and the ledger's forward by then."""
    async with house_in(own_world) as house:
        wanted = await house.campaign()
        for _ in range(3):
            await house.ask(wanted, await house.member())
        await missed(house, 3600.0)
        await compared(house)
        (first,) = await house.rows("SELECT since, targets FROM recoveries")
        await house.rows_changed("UPDATE recoveries SET targets = '[[\"delivery-requests.sms\", 0, 50000]]'")
        await missed(house, 0.0)
        await compared(house)
        assert house.dispatch.recovery.since is not None
        latest = (await house.rows("SELECT since, targets FROM recoveries ORDER BY detected_at DESC LIMIT 1"))[0]
        assert latest.since == first.since
        assert ["delivery-requests.sms", 0, 50000] in latest.targets
        assert len(latest.targets) == len(first.targets)
