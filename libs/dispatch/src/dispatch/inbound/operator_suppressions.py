"""Addresses that an operator stops by hand.

A channel service adds `dispatch.inbound.routes` to its routers, and a `OperatorSuppressions` with its own idea of an
address to its services.
"""

from collections.abc import Callable

from chassis.db.database import Database
from chassis.errors import NotFound, Refused
from chassis.observability.logs import get
from dispatch.inbound import suppression_sql
from dispatch.inbound.inbound import Inbound

log = get(__name__)


class OperatorSuppressions:
    """Only the member can lift what is stopped here: by START, or by a later consent.

    `normal` gives the address as the channel keeps it, None for what is no address.
    """

    def __init__(self, database: Database, inbound: Inbound, normal: Callable[[str], str | None]) -> None:
        self._database, self._inbound, self._normal = database, inbound, normal

    async def counts(self) -> dict[str, int]:
        """How many, by what stopped them."""
        async with self._database.transaction() as session:
            return await suppression_sql.by_source(session)

    async def add(self, address: str, by: str) -> None:
        """On an operator's word, such as after a letter or a call. Raises Refused."""
        await self._inbound.suppress(self._known(address), "operator")
        log.info("address suppressed", client=by)

    async def trust(self, address: str, by: str) -> None:
        """Write again to an address that a provider had called bad. Raises Refused, or NotFound if none had."""
        if not await self._inbound.trust(self._known(address)):
            raise NotFound("no provider has called this address bad")
        log.info("bad address lifted", client=by)

    def _known(self, address: str) -> str:
        normal = self._normal(address)
        if normal is None:
            raise Refused("not an address of this channel", field="address")
        return normal
