"""The permit right before a message is let go: committed first, so that an attempt without one can be sent again."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.db.database import Database
from chassis.db.group_commit import GroupCommit
from chassis.errors import Unavailable
from chassis.observability.logs import get
from dispatch.ledger import sql as ledger_sql

log = get(__name__)


@dataclass(slots=True, eq=False)
class SendPermit:
    """One attempt's. `asked`: whatever the answer was."""

    delivery_id: UUID
    gen: int
    batcher: "GroupCommit[SendPermit]"
    asked: bool = False
    granted: bool = False

    async def ask(self) -> bool:
        """True after the commit. False: the attempt is not the present one, its time is up, or it cannot be written."""
        self.asked = True
        try:
            await self.batcher.put(self)
        except Unavailable:
            log.warning("a message is not let go: the permit cannot be written", delivery_id=str(self.delivery_id))
            return False
        return self.granted


class SendPermits:
    """Writes many in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batcher: GroupCommit[SendPermit] = GroupCommit(self._write, most=400)

    def of(self, delivery_id: UUID, gen: int) -> SendPermit:
        """The permit of an attempt, not asked for yet."""
        return SendPermit(delivery_id, gen, self._batcher)

    async def _write(self, asked: Sequence[SendPermit]) -> None:
        async with self._database.transaction() as session:
            granted = await ledger_sql.permitted(session, [(one.delivery_id, one.gen) for one in asked])
        for one in asked:
            one.granted = (one.delivery_id, one.gen) in granted
