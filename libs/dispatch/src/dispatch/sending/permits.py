"""The permit right before a message is let go: committed first, so that an attempt without one can be sent again."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.db.database import Database
from chassis.db.group_commit import GroupCommit
from chassis.db.statements import run
from chassis.errors import Unavailable
from chassis.observability.logs import get
from dispatch.brake.sql import CLAIMING, halted
from dispatch.observability.alarm import Alarm
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)
_CLAIMING = f"SELECT {CLAIMING}"
"""First, so that a stop from before is seen, and one from after is confirmed only after this."""
_PERMIT = f"""
WITH mine AS (
    SELECT d.delivery_id, d.month, d.gen FROM deliveries d
    JOIN unnest(CAST(:ids AS uuid[]), CAST(:gens AS integer[])) AS n(id, gen) ON d.delivery_id = n.id AND d.gen = n.gen
    WHERE d.state = 'sending' AND d.deadline > clock_timestamp() AND NOT {halted("d.campaign_id")}
    ORDER BY d.delivery_id FOR UPDATE OF d
)
UPDATE deliveries d SET permitted = d.gen FROM mine
WHERE d.delivery_id = mine.delivery_id AND d.month = mine.month
RETURNING d.delivery_id, d.gen
"""  # noqa: S608 - texts of ours


@dataclass(slots=True, eq=False)
class SendPermit:
    """One attempt's. `asked`: whatever the answer was."""

    delivery_id: UUID
    gen: int
    batcher: "GroupCommit[SendPermit]"
    alarm: Alarm
    asked: bool = False
    granted: bool = False

    async def ask(self) -> bool:
        """True after the commit. False: the attempt is not the present one, its time is up, sending is stopped, or it
        cannot be written."""
        self.asked = True
        try:
            await self.batcher.put(self)
        except Unavailable:
            log.warning("a message is not let go: the permit cannot be written", delivery_id=str(self.delivery_id))
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is, it is alarmed
            self.alarm.bug("a message is not let go", error, delivery_id=str(self.delivery_id))
            return False
        return self.granted


class SendPermits:
    """Writes many in one transaction."""

    def __init__(self, database: Database, alarm: Alarm) -> None:
        self._database, self._alarm = database, alarm
        self._batcher: GroupCommit[SendPermit] = GroupCommit(self._write, most=400)

    def of(self, delivery_id: UUID, gen: int) -> SendPermit:
        """The permit of an attempt, not asked for yet."""
        return SendPermit(delivery_id, gen, self._batcher, self._alarm)

    async def _write(self, asked: Sequence[SendPermit]) -> None:
        async with self._database.transaction() as session:
            await run(session, _CLAIMING)
            granted = await permitted(session, [(one.delivery_id, one.gen) for one in asked])
        for one in asked:
            one.granted = (one.delivery_id, one.gen) in granted


async def permitted(session: AsyncSession, asked: Sequence[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
    """Note that these (delivery, gen) are let go; gives those that may be: still being sent, with time left, and of no
    campaign that is halted."""
    rows = await run(session, _PERMIT, ids=[one for one, _ in asked], gens=[gen for _, gen in asked])
    return {(row.delivery_id, row.gen) for row in rows}
