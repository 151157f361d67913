"""What somebody of ours must mend delays messages; it never refuses one."""

import secrets
from pathlib import Path

from tests.dispatch_sms.house import House, house_in
from tests.support.facts import eventually
from tests.support.world import World


async def test_after_a_run_of_refused_credentials_the_good_token_delivers_all(own_world: World, tmp_path: Path) -> None:
    async with house_in(own_world, tmp_path, twilio_auth_token=secrets.token_hex(16)) as house:
        campaign = await house.campaign()
        deliveries = [await house.ask(await house.member(), campaign) for _ in range(8)]
        await eventually(lambda: tried(house), until=lambda times: times > len(deliveries), within=40.0)
        states = await house.rows("SELECT DISTINCT state FROM deliveries")
        assert {row.state for row in states} <= {"requested", "sending"}
        metrics = house.metrics.registry
        labels = {"channel": "sms", "why": "credentials_refused"}
        assert (metrics.get_sample_value("not_sent_for_our_fault_total", labels) or 0) > len(deliveries)
    async with house_in(own_world, tmp_path) as house:
        for delivery in deliveries:
            await house.state(delivery, "delivered")
        assert all(len(house.sent(delivery)) == 1 for delivery in deliveries)
        assert await house.rows("SELECT 1 FROM attempts WHERE outcome = 'rejected'") == []


async def tried(house: House) -> int:
    rows = await house.rows("SELECT count(*) AS times FROM attempts WHERE why = 'credentials_refused'")
    return int(rows[0].times)
