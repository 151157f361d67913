"""What an operator's alarms hang on: how much is in doubt or unpublished, and since when."""

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House

_NAMES = ("in_doubt_open", "in_doubt_oldest_seconds", "unpublished_oldest_seconds")


async def measured(house: House) -> list[float]:
    await house.dispatch.maintenance.measure()
    return [house.count(name) for name in _NAMES]


async def test_what_is_in_doubt_or_unpublished_shows_with_its_age(quiet_house: House) -> None:
    house = quiet_house
    doubtful, unheard, fresh = await house.known(campaign(), member(), member(), member())
    assert len(await house.claim()) == 3
    ahead = "clock_timestamp() + interval '1 hour'"
    await house.rows_changed(f"UPDATE deliveries SET published_rev = rev, deadline = {ahead}")
    assert await measured(house) == [0, 0, 0], "a call that is not late yet is no doubt"
    past = "clock_timestamp() - interval '1 hour'"
    await house.rows_changed(f"UPDATE deliveries SET deadline = {past} WHERE delivery_id = '{doubtful}'")
    await house.rows_changed(
        f"UPDATE deliveries SET state = 'accepted', rev = rev + 1,"
        f" passed = passed || jsonb_build_array(jsonb_build_array(rev + 1, 'accepted', gen, {past}))"
        f" WHERE delivery_id = '{unheard}'"
    )
    doubts, oldest_doubt, oldest_unpublished = await measured(house)
    assert doubts == 1
    assert 3600 <= oldest_doubt < 3700
    assert 3600 <= oldest_unpublished < 3700
    assert await house.state(fresh) == "sending"
