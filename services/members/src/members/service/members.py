"""Members: join, change, consent, erase."""

from dataclasses import replace
from uuid import UUID

from chassis.db.database import Database
from chassis.errors import Conflict, NotFound
from chassis.http.auth import Caller
from members.domain.bodies import Tree
from members.domain.consents import heard
from members.domain.members import Member
from members.domain.queries import Wanted
from members.domain.versions import Expected
from members.domain.words import ConsentGiven, MemberPatch, NewMember, check_places, check_reach, created, patched
from members.repository import bodies, bulk, history, imports, lists
from members.repository import members as repository
from members.service.recording import Change, Recorder
from sqlmodel.ext.asyncio.session import AsyncSession


class Members:
    """Who our people are, one at a time."""

    def __init__(self, database: Database, recorder: Recorder) -> None:
        self._database, self._recorder = database, recorder

    async def create(self, word: NewMember, caller: Caller) -> Member:
        """Raises Conflict when the membership number is taken."""
        terms = self._recorder.terms()
        async with self._database.transaction() as session:
            await bulk.lock(session, bulk.TREE, shared=True)
            await bulk.lock(session, bulk.ROLL)
            if await repository.by_number(session, [word.membership_number], lock=False):
                raise Conflict("somebody has this number", field="membership_number")
            tree = await bodies.tree_of(session, {place.body for place in word.memberships})
            member = created(word, tree, terms)
            check_places(None, member, tree, caller.branch)
            change = Change(None, member, "created", {"client": caller.client_id})
            return (await self._recorder.record(session, tree, [change]))[0]

    async def get(self, member_id: UUID, caller: Caller) -> Member:
        """Raises NotFound, also for somebody erased."""
        async with self._database.transaction() as session:
            member, tree = await found(session, member_id, lock=False)
            check_reach(member, tree, caller.branch, self._recorder.terms().today)
            return member

    async def some(self, query: Wanted, caller: Caller) -> list[Member]:
        """A page in order of id."""
        query = query.limited_to(caller.branch)
        async with self._database.transaction() as session:
            ids = await lists.ids(session, query, self._recorder.terms().today)
            members = await repository.load(session, ids, lock=False)
        return [members[member_id] for member_id in ids if member_id in members]

    async def patch(self, member_id: UUID, word: MemberPatch, expected: Expected, caller: Caller) -> Member:
        """The member as changed; what changes nothing raises no version."""
        terms = self._recorder.terms()
        async with self._database.transaction() as session:
            await bulk.lock(session, bulk.TREE, shared=True)
            before, tree = await found(session, member_id, also={place.body for place in word.memberships})
            check_reach(before, tree, caller.branch, terms.today)
            expected.must_match(before.version)
            after = patched(before, word, tree, terms)
            check_places(before, after, tree, caller.branch)
            if after == before:
                return before
            change = Change(before, after, "changed", {"client": caller.client_id})
            return (await self._recorder.record(session, tree, [change]))[0]

    async def consent(self, member_id: UUID, word: ConsentGiven, caller: Caller) -> Member:
        """Add evidence; the latest word on a channel and purpose counts, whoever brings it first."""
        terms = self._recorder.terms()
        async with self._database.transaction() as session:
            await bulk.lock(session, bulk.TREE, shared=True)
            before, tree = await found(session, member_id)
            check_reach(before, tree, caller.branch, terms.today)
            evidence = heard(before.evidence, [word.evidence(terms)])
            if evidence == before.evidence:
                return before
            after = replace(before, evidence=evidence)
            detail = {"client": caller.client_id, "consent_id": str(evidence[-1].consent_id)}
            change = Change(before, after, "consent recorded", detail)
            return (await self._recorder.record(session, tree, [change]))[0]

    async def erase(self, member_id: UUID, reason: str, expected: Expected, caller: Caller) -> None:
        """Delete every row of theirs; doing it again only tells it again. Raises NotFound for somebody never known."""
        async with self._database.transaction() as session:
            await bulk.lock(session, bulk.TREE, shared=True)
            await bulk.lock(session, bulk.ROLL)
            marker = await history.marker(session, member_id)
            if marker is not None:
                await self._recorder.erase_again(session, marker)
                return
            member, tree = await found(session, member_id)
            check_reach(member, tree, caller.branch, self._recorder.terms().today)
            check_places(member, replace(member, places=()), tree, caller.branch)
            expected.must_match_if_given(member.version)
            await imports.forget(session, member.membership_number, member.addresses)
            await self._recorder.erase(session, member_id, member.version, reason)


async def found(
    session: AsyncSession, member_id: UUID, *, also: set[str] | None = None, lock: bool = True
) -> tuple[Member, Tree]:
    """A member with the bodies they stand in (`also` some others). Raises NotFound."""
    member = (await repository.load(session, [member_id], lock=lock)).get(member_id)
    if member is None:
        raise NotFound("there is no such member")
    return member, await bodies.tree_of(session, member.bodies | (also or set()))
