"""How many connections to the database a replica takes: what docs/scaling.md reckons with."""

from chassis.settings import POOL

from tests.dispatch.house import House, house_in
from tests.dispatch.trial import PATIENT
from tests.support.facts import eventually
from tests.support.world import World

_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"


async def connections(house: House) -> int:
    return int((await house.rows(_CONNECTIONS))[0].count)


async def test_a_replica_that_leads_nothing_keeps_five_connections_and_one_that_leads_everything_a_few_more(
    world: World,
) -> None:
    async with house_in(world, trial_rate=100.0, **PATIENT) as first:
        people = [await first.member() for _ in range(40)]
        wanted = await first.campaign()
        more = {"url": first.settings.database_url, "provider": first.provider, "clock": first.clock}
        async with first.application().serving(), house_in(world, trial_rate=100.0, **more, **PATIENT) as second:
            asked = [await first.ask(wanted, person) for person in people[:20]]
            await eventually(lambda: len(first.provider.called) == len(asked))
            alone = await eventually(lambda: connections(first), until=lambda number: number <= 3 * POOL)
            async with second.application().serving():
                asked += [await first.ask(wanted, person) for person in people[20:]]
                await eventually(lambda: len(first.provider.called) == len(asked))
                await eventually(lambda: connections(first), until=lambda number: number - alone <= POOL + 1)
