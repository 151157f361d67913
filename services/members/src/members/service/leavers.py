"""What is kept of members who have left: contact data for a time, the record for longer."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.retention.retention import Retention
from members.domain.members.member import Member
from members.repository import leavers, locks, units
from members.repository import members as repository
from members.repository.imports.deletion import erase_people
from members.service.change_writer import Change, ChangeWriter, Occurrence, erasure
from members.settings import Settings

_MOST = 500
_EVERY = timedelta(hours=1)
_SAID: Occurrence = ("contact data deleted after leaving", {})
_REASON = "left longer ago than the span of leavers"


class Leavers:
    """Steps of the retention, once an hour: the look-up passes all who have left."""

    def __init__(self, database: Database, writer: ChangeWriter, settings: Settings, clock: Clock) -> None:
        self._database, self._writer, self._settings, self._clock = database, writer, settings, clock
        self._next: datetime | None = None

    async def step(self, _: Retention) -> None:
        """One round, some hundreds in a transaction."""
        now, today = self._clock.now(), self._clock.today()
        if self._next is not None and now < self._next:
            return
        while await self._erase(today - timedelta(days=self._settings.leaver_days)):
            pass
        while await self._forget_contacts(today - timedelta(days=self._settings.leaver_contact_days)):
            pass
        self._next = now + _EVERY

    async def _erase(self, before: date) -> bool:
        """As `DELETE /members/{id}` does; whether there are more."""
        async with self._database.transaction() as session:
            await locks.lock_members(session, member_set=True)
            ids = await leavers.before(session, before, _MOST)
            found = await repository.load(session, ids)
            left = _left(found, before)
            await erase_people(session, {member.membership_number: member.addresses for member in left})
            await self._writer.erase(session, [erasure(member.member_id, member.version, _REASON) for member in left])
        return len(ids) == _MOST

    async def _forget_contacts(self, before: date) -> bool:
        """Published as any other change; whether there are more."""
        async with self._database.transaction() as session:
            await locks.lock_members(session)
            ids = await leavers.with_contacts(session, before, _MOST)
            found = await repository.load(session, ids)
            tree = await units.tree_of(session, {body for member in found.values() for body in member.bodies})
            changes = [Change(member, _without_contacts(member), [_SAID]) for member in _left(found, before)]
            await self._writer.write(session, tree, changes)
        return len(ids) == _MOST


def _without_contacts(member: Member) -> Member:
    return replace(member, contact_points=(), interests=(), sensitive_interests=(), birthday=None)


def _left(found: Mapping[UUID, Member], before: date) -> list[Member]:
    """Without those who have joined again in the meantime."""
    return [member for member in found.values() if member.left_on is not None and member.left_on < before]
