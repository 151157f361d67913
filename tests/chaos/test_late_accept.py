"""What lies beyond the settings."""

from tests.chaos.house import House
from tests.e2e.places import rows
from tests.support.facts import eventually

SMS = "dispatch-sms"


async def test_beyond_the_settings_a_late_accept_is_detected_and_counted(house: House) -> None:
    """Q covers L by the settings; a provider that accepts later than L may send twice, and that is seen."""
    body = await house.branch(1)
    await house.sandbox.faults({"kind": "sms.late-accept", "delay": 30.0, "count": 1})
    campaign = await house.campaign(body)
    texts = await house.taken(campaign, 2)
    assert sorted(line["gen"] or 0 for line in texts) == [1, 2]
    (row,) = await eventually(lambda: house.ledger(campaign), until=lambda seen: seen[0]["state"] == "delivered")
    bound = "SELECT reference FROM attempts WHERE delivery_id = $1"
    both = {line["reference"] for line in texts}

    async def references() -> set[str]:
        return {found["reference"] for found in await rows(house.stack, SMS, bound, row["delivery_id"])}

    await eventually(references, within=60, until=lambda seen: seen == both)
    log = house.stack.logs / f"{SMS}.log"
    await eventually(lambda: "it may have gone twice" in log.read_text(), within=60)
