"""Segments: stored, previewed, explained."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from chassis.errors import NotFound, PreconditionFailed
from chassis.http.auth import Caller
from chassis.http.etags import Expected
from segmenter.domain.branch_access import owning_body, require_access
from segmenter.domain.disclosure.preview import Preview
from segmenter.domain.segments.explanation import MemberExplanation, explain
from segmenter.domain.segments.rules import Rule, within
from segmenter.domain.segments.segment import Segment
from segmenter.repository import segments
from segmenter.service.access import require_permission
from segmenter.service.base import Service

SAMPLE_SIZE = 5


class Segments(Service):
    """What people do to segments."""

    async def create(self, caller: Caller, name: str, body: str | None, rule: Rule) -> Segment:
        """A new segment; a branch's caller makes it for their branch."""
        now = self._clock.now()
        segment = Segment(
            segment_id=uuid4(),
            version=1,
            name=name,
            body=owning_body(body, caller.branch),
            rule=rule,
            created_by=caller.client_id,
            created_at=now,
            updated_by=caller.client_id,
            updated_at=now,
        )
        async with self._database.transaction() as session:
            await require_permission(session, caller, rule)
            await segments.add(session, segment)
        return segment

    async def replace(self, caller: Caller, segment_id: UUID, expected: Expected, name: str, rule: Rule) -> Segment:
        """A new version. Raises PreconditionFailed when it was changed in the meantime."""
        present = await self.one(caller, segment_id)
        expected.must_match(present.version)
        changes = {"name": name, "rule": rule, "updated_by": caller.client_id, "updated_at": self._clock.now()}
        segment = present.model_copy(update={**changes, "version": present.version + 1})
        async with self._database.transaction() as session:
            for each in (present.rule, rule):
                await require_permission(session, caller, each)
            if not await segments.replace(session, segment):
                raise PreconditionFailed(f"the segment is no longer at version {present.version}")
        return segment

    async def one(self, caller: Caller, segment_id: UUID) -> Segment:
        """A segment. Raises NotFound, Forbidden."""
        async with self._database.transaction() as session:
            segment = await segments.one(session, segment_id)
        if segment is None:
            raise NotFound("there is no such segment")
        require_access(segment.body, caller.branch)
        return segment

    async def page(self, caller: Caller, after: UUID | None, limit: int) -> Sequence[Segment]:
        """The caller's segments."""
        async with self._database.transaction() as session:
            return await segments.page(session, caller.branch, after, limit)

    async def preview(self, caller: Caller, rule: Rule, body: str | None) -> Preview:
        """What a rule selects now, within a union body if there is one."""
        limited, today = within(rule, owning_body(body, caller.branch)), self._clock.today()
        async with self._database.transaction() as session:
            sensitive = await require_permission(session, caller, rule)
            counts = await segments.counts(session, limited, today)
            sample = [] if sensitive else await segments.sample(session, limited, today, SAMPLE_SIZE)
            return Preview.of(counts, sample, sensitive=sensitive)

    async def explain(self, caller: Caller, segment_id: UUID, member_id: UUID) -> MemberExplanation:
        """Why a member is in a segment, or is not. Raises NotFound for who is unknown, erased or of another branch."""
        segment, today = await self.one(caller, segment_id), self._clock.today()
        rule = within(segment.rule, segment.body)
        async with self._database.transaction() as session:
            await require_permission(session, caller, rule)
            found = await segments.rule_results(session, rule, today, member_id)
            hidden = caller.branch and not await segments.belongs(session, member_id, caller.branch, today)
        if found is None or found.status == "erased" or hidden:
            raise NotFound("there is no such member")
        explained = explain(rule, found.matched)
        return MemberExplanation(
            member_id=member_id,
            in_segment=explained.matched and found.status == "active",
            member_status=found.status,
            explanation=explained,
        )
