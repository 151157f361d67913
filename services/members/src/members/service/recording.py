"""How every change of members is stored and said: raise the version, save, note the history, fill the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.clock import Clock
from chassis.dead_letters import sql as dead_letters
from chassis.kafka import outbox
from chassis.kafka.outbox import Outgoing
from contracts import topics
from contracts.members import MemberErased
from members.domain.bodies import Tree
from members.domain.cells import Terms
from members.domain.members import Member, sensitive_snapshot, snapshot
from members.models import ErasedRow
from members.repository import history
from members.repository import members as repository
from members.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class Change:
    """A member before and after, and why: `what` happened and the `detail` (ids and field names, no values)."""

    before: Member | None
    after: Member
    what: str
    detail: dict[str, Any]
    also: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Further things that happened in the same step."""
    retold: bool = False
    """Say all of it, also what did not change: the readers may hold something else."""


class Recorder:
    """Stores changes within the caller's transaction."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock

    def terms(self) -> Terms:
        """What reading words from outside depends on, now."""
        return Terms(self._clock.now(), self._settings.default_phone_region, self._settings.sensitive_interests)

    async def record(self, session: AsyncSession, tree: Tree, changes: Sequence[Change]) -> list[Member]:
        """The members as stored, each one version up. A row count of thousands is one statement a table."""
        if not changes:
            return []
        now = self._clock.now()
        pairs = [(change.before, replace(change.after, version=change.after.version + 1)) for change in changes]
        await repository.save(session, pairs, self._settings.hash_address)
        await history.add(session, [entry for change in changes for entry in _entries(change, now)])
        told = [change.retold for change in changes]
        await outbox.put(session, self._settings.service, self._said(pairs, told, tree, now))
        return [after for _, after in pairs]

    async def erase(self, session: AsyncSession, member_id: UUID, version: int, reason: str) -> None:
        """Nothing but the marker stays, no dead letter either; both topics hear of it, one above `version`."""
        now, version = self._clock.now(), version + 1
        await repository.erase(session, member_id)
        await history.mark(session, member_id, version, reason, now)
        await dead_letters.erase(session, [member_id])
        await self._tell_erased(session, MemberErased(member_id=member_id, version=version, reason=reason), now)

    async def erase_again(self, session: AsyncSession, marker: ErasedRow) -> None:
        """Both topics hear the same once more: whoever was restored from a backup may not know it any longer."""
        now = self._clock.now()
        await history.tell_again(session, marker.member_id, now)
        event = MemberErased(member_id=marker.member_id, version=marker.version, reason=marker.reason)
        await self._tell_erased(session, event, now)

    async def _tell_erased(self, session: AsyncSession, event: MemberErased, now: datetime) -> None:
        await outbox.put(
            session,
            self._settings.service,
            [
                Outgoing(
                    topic=topic,
                    key=str(event.member_id),
                    event=event,
                    event_id=self._settings.ids.event("erased", topic.name, event.member_id),
                    time=now,
                )
                for topic in (topics.MEMBERS, topics.MEMBERS_SENSITIVE)
            ],
        )

    def _said(
        self, pairs: Sequence[tuple[Member | None, Member]], told: Sequence[bool], tree: Tree, now: datetime
    ) -> list[Outgoing]:
        ids = self._settings.ids
        said: list[Outgoing] = []
        for (before, after), again in zip(pairs, told, strict=True):
            key, sign = str(after.member_id), (after.member_id, after.version)
            said.append(Outgoing(topics.MEMBERS, key, snapshot(after, tree), ids.event("member", *sign), now))
            if again or after.sensitive != (before.sensitive if before else ()):
                event = sensitive_snapshot(after)
                said.append(Outgoing(topics.MEMBERS_SENSITIVE, key, event, ids.event("sensitive", *sign), now))
        return said


def _entries(change: Change, now: datetime) -> list[tuple[Any, datetime, str, dict[str, Any]]]:
    changed = changed_fields(change.before, change.after)
    first = (change.what, change.detail | ({"fields": changed} if changed else {}))
    return [(change.after.member_id, now, what, detail) for what, detail in (first, *change.also)]


def changed_fields(before: Member | None, after: Member) -> list[str]:
    """Names of the fields that differ, `sensitive` and `evidence` told as what a reader calls them."""
    if before is None:
        return []
    said = {"contacts": "contact_points", "places": "memberships", "sensitive": "sensitive_interests"}
    names = [name for name in Member.__slots__ if getattr(before, name) != getattr(after, name)]
    return [said.get(name, name) for name in names if name not in ("version", "evidence")]
