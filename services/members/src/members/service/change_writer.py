"""The one way in which a changed member is stored: raise the version, save, add history, fill the outbox."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.clock import Clock
from chassis.dead_letters import sql as dead_letters
from chassis.kafka import outbox
from contracts.events.members import MemberErased
from members.domain.input_context import InputContext
from members.domain.members.member import Member, changed_fields
from members.domain.units import UnitTree
from members.models.members import ErasedRow, HistoryRow
from members.repository import erasures, history
from members.repository import members as repository
from members.service import outgoing
from members.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession

CHUNK = 1000
"""People handled by the statements of one transaction."""
Occurrence = tuple[str, Mapping[str, object]]
"""What happened, and its detail for the history: ids and names of fields, no values."""


@dataclass(frozen=True, slots=True)
class Change:
    """A member before and after, and why."""

    before: Member | None
    after: Member
    occurrences: Sequence[Occurrence]
    publish_all: bool = False
    """Publish also what did not change: consumers may have something else."""


class ChangeWriter:
    """Stores changes within the caller's transaction."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self.hash_address = settings.hash_address

    def input_context(self) -> InputContext:
        region, sensitive = self._settings.default_phone_region, self._settings.sensitive_interests
        return InputContext(self._clock.now(), region, sensitive, self._clock.zone)

    async def write(self, session: AsyncSession, tree: UnitTree, changes: Sequence[Change]) -> list[Member]:
        """The members as stored, each one version up. Takes one statement a table, however many there are."""
        if not changes:
            return []
        now, ids = self._clock.now(), self._settings.ids
        pairs = [(change.before, replace(change.after, version=change.after.version + 1)) for change in changes]
        await repository.save(session, pairs, self.hash_address)
        await history.add(session, [entry for change in changes for entry in _history(change, now)])
        entries = [
            entry
            for change, (before, after) in zip(changes, pairs, strict=True)
            for entry in outgoing.snapshots(before, after, tree, ids, now, everything=change.publish_all)
        ]
        await outbox.put(session, self._settings.service, entries)
        return [after for _, after in pairs]

    async def erase(self, session: AsyncSession, erased: Sequence[MemberErased]) -> None:
        """Delete everything but the markers, also dead letters, and publish the erasures."""
        if not erased:
            return
        now, ids = self._clock.now(), [event.member_id for event in erased]
        await repository.erase(session, ids)
        await erasures.add_markers(session, erased, now)
        await dead_letters.erase(session, ids)
        await self._publish_erasures(session, erased, now)

    async def publish_erasure_again(self, session: AsyncSession, marker: ErasedRow) -> None:
        """For consumers that were restored from a backup and lack it. A tombstone is due again after this."""
        now = self._clock.now()
        marker.told_at, marker.tombstoned_at = now, None
        event = MemberErased(member_id=marker.member_id, version=marker.version, reason=marker.reason)
        await self._publish_erasures(session, [event], now)

    async def _publish_erasures(self, session: AsyncSession, erased: Sequence[MemberErased], now: datetime) -> None:
        ids = self._settings.ids
        entries = [each for event in erased for each in outgoing.removal(event.member_id, event, ids, now)]
        await outbox.put(session, self._settings.service, entries)


def erasure(member_id: UUID, version: int, reason: str) -> MemberErased:
    """The erasure of a member who is at this version."""
    return MemberErased(member_id=member_id, version=version + 1, reason=reason)


def _history(change: Change, now: datetime) -> Iterator[HistoryRow]:
    """The names of the changed fields stand in the first entry."""
    fields = changed_fields(change.before, change.after)
    for what, detail in change.occurrences:
        named = {**detail, "fields": fields} if fields else dict(detail)
        yield HistoryRow(member_id=change.after.member_id, at=now, what=what, detail=named)
        fields = []
