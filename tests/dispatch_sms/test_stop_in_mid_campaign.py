"""A STOP between claim and call: what was claimed may go, nothing is claimed after the STOP's commit."""

import uuid
from pathlib import Path

from tests.dispatch_sms.house import House, house_in
from tests.support.facts import eventually
from tests.support.world import World


async def test_nothing_is_claimed_after_a_stop_in_mid_campaign(world: World, tmp_path: Path) -> None:
    """Sixty messages wait for one number at ten a second; the STOP comes between claims and calls."""
    async with house_in(world, tmp_path, sms_rate_per_second=10.0, deadline_seconds=30.0) as house:
        campaign = await house.campaign(one_per_member=True)
        members = [await house.member("+447700912029") for _ in range(60)]
        asked = [await house.ask(member, campaign) for member in members]

        def under_way() -> int:
            return sum(len(house.sent(delivery_id)) for delivery_id in asked)

        await eventually(under_way, until=lambda count: count >= 5)
        await house.text("+447700912029", "STOP")
        stopped = (await house.rows("SELECT clock_timestamp() AS at"))[0].at
        await eventually(lambda: _waiting(house, campaign.campaign_id), until=lambda count: count == 0)
        claimed = await house.rows(
            "SELECT t_send FROM attempts JOIN deliveries USING (delivery_id) WHERE campaign_id = :id",
            id=campaign.campaign_id,
        )
        assert [row for row in claimed if row.t_send > stopped] == []
        rest = await house.rows(
            "SELECT reason FROM deliveries WHERE campaign_id = :id AND state = 'skipped'", id=campaign.campaign_id
        )
        assert {row.reason for row in rest} == {"suppressed"}
        assert len(claimed) + len(rest) == 60
        assert under_way() == len(claimed)


async def _waiting(house: House, campaign_id: uuid.UUID) -> int:
    rows = await house.rows(
        "SELECT 1 FROM deliveries WHERE campaign_id = :id AND state IN ('requested', 'sending')", id=campaign_id
    )
    return len(rows)
