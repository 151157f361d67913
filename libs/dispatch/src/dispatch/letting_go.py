"""The last word before a message goes: written down first, so that what never had it can be sent again."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Database
from chassis.errors import Unavailable
from chassis.logs import get
from dispatch.batching import Batcher
from dispatch.repository import ledger

log = get(__name__)


@dataclass(slots=True, eq=False)
class _Asked:
    delivery_id: UUID
    gen: int
    granted: bool = False


class LettingGo:
    """Notes many in one transaction; those that ask meanwhile are the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batcher: Batcher[_Asked] = Batcher(self._write, most=400)

    async def ask(self, delivery_id: UUID, gen: int) -> bool:
        """True after the commit. False: the attempt is another's by now, its time is up, or it cannot be noted."""
        asked = _Asked(delivery_id, gen)
        try:
            await self._batcher.put(asked)
        except Unavailable:
            log.warning("a message is not let go: it cannot be noted", delivery_id=str(delivery_id))
            return False
        return asked.granted

    async def _write(self, asked: Sequence[_Asked]) -> None:
        async with self._database.transaction() as session:
            granted = await ledger.let_go(session, [(one.delivery_id, one.gen) for one in asked])
        for one in asked:
            one.granted = (one.delivery_id, one.gen) in granted
