"""Members: create, change, record consent, erase."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from chassis.db.database import Database
from chassis.errors import Conflict, NotFound
from chassis.http.auth import Caller
from chassis.http.etags import Expected
from contracts.enums import MemberStatus
from members.domain.members.branch_scope import refuse_other_members, refuse_other_memberships
from members.domain.members.consents import Evidence, extended
from members.domain.members.edits import MemberFields, create_member, patch_member
from members.domain.members.filter import MemberFilter
from members.domain.members.member import Member
from members.domain.units import UnitTree
from members.repository import erasures, locks, units
from members.repository import members as repository
from members.repository.imports.deletion import erase_people
from members.service.change_writer import Change, ChangeWriter, erasure
from sqlmodel.ext.asyncio.session import AsyncSession


class Members:
    """One member at a time, and lists."""

    def __init__(self, database: Database, writer: ChangeWriter) -> None:
        self._database, self._writer = database, writer

    async def create(self, number: str, given: MemberFields, consents: Sequence[Evidence], caller: Caller) -> Member:
        """Raises Conflict when the membership number is taken."""
        context = self._writer.input_context()
        async with self._database.transaction() as session:
            await locks.lock_members(session, member_set=True)
            if await repository.ids_of(session, [number]):
                raise Conflict("somebody has this number", field="membership_number")
            tree = await units.tree_of(session, {each.body for each in given.memberships})
            member = create_member(number, given, consents, tree, context)
            refuse_other_memberships(None, member, tree, caller.branch)
            change = Change(None, member, [("created", {"client": caller.client_id})])
            return (await self._writer.write(session, tree, [change]))[0]

    async def get(self, member_id: UUID, caller: Caller) -> Member:
        """Raises NotFound, also for an erased member."""
        async with self._database.transaction() as session:
            member, _ = await self.reachable(session, member_id, caller, lock=False)
            return member

    async def find(self, wanted: MemberFilter, caller: Caller) -> list[Member]:
        """A page in order of id."""
        wanted = wanted.limited_to(caller.branch)
        async with self._database.transaction() as session:
            ids = await repository.find(session, wanted, self._writer.input_context().today)
            members = await repository.load(session, ids, lock=False)
        return [members[member_id] for member_id in ids if member_id in members]

    async def patch(
        self, member_id: UUID, given: MemberFields, status: MemberStatus | None, expected: Expected, caller: Caller
    ) -> Member:
        """The member afterwards; without a difference the version stays."""
        context = self._writer.input_context()
        async with self._database.transaction() as session:
            await locks.lock_members(session)
            also = {each.body for each in given.memberships}
            before, tree = await self.reachable(session, member_id, caller, also=also)
            expected.must_match(before.version)
            after = patch_member(before, given, status, tree, context)
            refuse_other_memberships(before, after, tree, caller.branch)
            if after == before:
                return before
            change = Change(before, after, [("changed", {"client": caller.client_id})])
            return (await self._writer.write(session, tree, [change]))[0]

    async def add_consent(self, member_id: UUID, added: Evidence, caller: Caller) -> Member:
        """Add evidence; the latest on a channel and purpose counts, in whatever order it arrives."""
        self._writer.input_context().refuse_future(added.at, "at")
        async with self._database.transaction() as session:
            await locks.lock_members(session)
            before, tree = await self.reachable(session, member_id, caller)
            evidence = extended(before.evidence, [added])
            if evidence == before.evidence:
                return before
            detail = {"client": caller.client_id, "consent_id": str(evidence[-1].consent_id)}
            change = Change(before, replace(before, evidence=evidence), [("consent recorded", detail)])
            return (await self._writer.write(session, tree, [change]))[0]

    async def erase(self, member_id: UUID, reason: str, expected: Expected, caller: Caller) -> None:
        """Delete every row of a member; a repetition publishes the erasure again. Raises NotFound for an unknown id."""
        async with self._database.transaction() as session:
            await locks.lock_members(session, member_set=True)
            marker = await erasures.marker(session, member_id)
            if marker is not None:
                await self._writer.publish_erasure_again(session, marker)
                return
            member, tree = await self.reachable(session, member_id, caller)
            refuse_other_memberships(member, replace(member, memberships=()), tree, caller.branch)
            expected.must_match_if_given(member.version)
            await self._erase(session, [member], reason)

    async def purge(self, ids: Collection[UUID], reason: str) -> list[UUID]:
        """Erase members in one transaction, each table by one statement. The ids that are no member's (any more)."""
        async with self._database.transaction() as session:
            await locks.lock_members(session, member_set=True)
            known = await repository.load(session, ids)
            await self._erase(session, list(known.values()), reason)
        return sorted(set(ids) - known.keys())

    async def _erase(self, session: AsyncSession, members: Sequence[Member], reason: str) -> None:
        await erase_people(session, {member.membership_number: member.addresses for member in members})
        await self._writer.erase(session, [erasure(member.member_id, member.version, reason) for member in members])

    async def reachable(
        self,
        session: AsyncSession,
        member_id: UUID,
        caller: Caller,
        *,
        also: frozenset[str] | set[str] = frozenset(),
        lock: bool = True,
    ) -> tuple[Member, UnitTree]:
        """A member, and the bodies of their memberships (and `also` others). Raises NotFound, or Forbidden."""
        member = (await repository.load(session, [member_id], lock=lock)).get(member_id)
        if member is None:
            raise NotFound("there is no such member")
        tree = await units.tree_of(session, member.bodies | also)
        refuse_other_members(member, tree, caller.branch, self._writer.input_context().today)
        return member, tree
