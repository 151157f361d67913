"""What an operator may do with a service's dead letters: list them, look at one, have one handled again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis import letter_keys, replays
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, NotFound, Refused
from chassis.kafka.batch import RawRecord
from chassis.kafka.scan import scan
from chassis.letters import BY_NAME, Letter, unpack
from chassis.replaying import ERASED, key_of
from contracts.topics import Cleanup, dead_letters


@dataclass(frozen=True, slots=True)
class Listed:
    """A letter, whether its bytes can still be read, and the row of its replay if one was asked for."""

    letter: Letter
    readable: bool
    replay: Any | None


class Review:
    """One service's dead letters, read from its topic and its database."""

    def __init__(
        self, service: str, database: Database, connection: Mapping[str, Any], *, prefix: str = "", clock: Clock
    ) -> None:
        self._database, self._connection, self._prefix, self._clock = database, connection, prefix, clock
        self._topic = prefix + dead_letters(service).name

    async def all(self) -> list[Listed]:
        """One a record, as it was buried last, in that order."""
        last: dict[str, Letter] = {}
        async for record in scan(self._connection, self._topic):
            letter = unpack(record)
            last.pop(letter.id, None)
            last[letter.id] = letter
        async with self._database.transaction() as session:
            sealed = [letter.key_id for letter in last.values() if letter.key_id]
            keys = await letter_keys.find(session, sealed, self._clock.now())
            marks = await replays.marks(session, last.keys())
        return [
            Listed(letter, letter.key_id is None or letter.key_id in keys, marks.get(letter.id))
            for letter in last.values()
        ]

    async def one(self, letter_id: str) -> Listed:
        """Raises NotFound."""
        for listed in await self.all():
            if listed.letter.id == letter_id:
                return listed
        raise NotFound(f"no dead letter is {letter_id}")

    async def record(self, listed: Listed) -> RawRecord:
        """The record as it was heard. Raises Refused when its bytes are gone."""
        async with self._database.transaction() as session:
            return listed.letter.opened(self._prefix, await key_of(session, listed.letter, self._clock.now()))

    async def ask(self, letter_id: str, by: str) -> None:
        """Have the service handle it again. Raises Refused: erased, replaced by a later snapshot, or asked before."""
        listed = await self.one(letter_id)
        if not listed.readable:
            raise Refused(ERASED)
        if await self._is_replaced(listed.letter):
            raise Refused("a later record of the same key has replaced it")
        async with self._database.transaction() as session:
            if not await replays.ask(session, listed.letter, by, self._clock.now()):
                raise Conflict(await self._before(letter_id))

    async def _before(self, letter_id: str) -> str:
        mark = (await self.one(letter_id)).replay
        assert mark is not None
        done = "replayed" if mark.ended_at else "asked for"
        at: datetime = mark.ended_at or mark.asked_at
        return f"it was {done} by {mark.asked_by} at {at.isoformat()}"

    async def _is_replaced(self, letter: Letter) -> bool:
        """On a compacted topic every record is a full snapshot: an older one may only undo what came later."""
        topic = BY_NAME.get(letter.topic)
        if topic is None or topic.cleanup is not Cleanup.COMPACT:
            return False
        starts = {letter.partition: letter.offset + 1}
        later = [
            record.offset
            async for record in scan(self._connection, self._prefix + letter.topic, starts=starts)
            if record.key == letter.key
        ]
        return bool(later)

    async def outcomes(self, letter_ids: Sequence[str]) -> dict[str, Any]:
        """The rows of these replays, by letter."""
        async with self._database.transaction() as session:
            return await replays.marks(session, letter_ids)
