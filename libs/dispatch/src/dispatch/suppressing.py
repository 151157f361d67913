"""Addresses that an operator stops by hand.

A channel service adds `dispatch.routes.suppressions` to its routers, and a `Suppressing` with its own idea of an
address to its services.
"""

from collections.abc import Callable

from chassis.database import Database
from chassis.errors import Refused
from dispatch.inbound import Inbound
from dispatch.repository import suppressions


class Suppressing:
    """Only the member can lift what is stopped here: by START, or by a later consent.

    `normal` gives the address as the channel keeps it, None for what is no address.
    """

    def __init__(self, database: Database, inbound: Inbound, normal: Callable[[str], str | None]) -> None:
        self._database, self._inbound, self._normal = database, inbound, normal

    async def counts(self) -> dict[str, int]:
        """How many, by what stopped them."""
        async with self._database.transaction() as session:
            return await suppressions.by_source(session)

    async def add(self, address: str) -> None:
        """On an operator's word, such as after a letter or a call."""
        normal = self._normal(address)
        if normal is None:
            raise Refused("not an address of this channel", field="address")
        await self._inbound.suppress(normal, "operator")
