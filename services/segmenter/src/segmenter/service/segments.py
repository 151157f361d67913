"""Segments: stored, previewed, explained."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import NotFound, PreconditionFailed
from chassis.http.auth import Caller
from segmenter.domain import scope
from segmenter.domain.explanation import Explanation, explain
from segmenter.domain.rules import Rule, read_rule, within
from segmenter.repository import segments
from segmenter.service.sensitive import permit

SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Preview:
    """How many a rule selects now, and a few of them, masked; of a sensitive rule no sample, and nobody's few."""

    counts: Any
    sample: Any
    sensitive: bool


class Segments:
    """Verbs on segments."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def create(self, caller: Caller, name: str, body: str | None, rule: Rule) -> Any:
        """A new segment; a branch's caller makes it for their branch."""
        now = self._clock.now()
        row = {
            "segment_id": uuid4(),
            "version": 1,
            "body": scope.body_for(body, caller.branch),
            "created_by": caller.client_id,
            "created_at": now,
            **self._written(caller, name, rule),
        }
        async with self._database.transaction() as session:
            await permit(session, caller, rule)
            await segments.add(session, row)
            return await segments.one(session, row["segment_id"])

    async def replace(self, caller: Caller, segment_id: UUID, version: int, name: str, rule: Rule) -> Any:
        """A new version. Raises PreconditionFailed when somebody was faster."""
        present = await self.one(caller, segment_id)
        async with self._database.transaction() as session:
            for each in (read_rule(present.rule), rule):
                await permit(session, caller, each)
            if not await segments.replace(session, segment_id, version, self._written(caller, name, rule)):
                raise PreconditionFailed(f"the segment is no longer at version {version}")
            return await segments.one(session, segment_id)

    async def one(self, caller: Caller, segment_id: UUID) -> Any:
        """A segment. Raises NotFound, Forbidden."""
        async with self._database.transaction() as session:
            found = await segments.one(session, segment_id)
        if found is None:
            raise NotFound("there is no such segment")
        scope.check(found.body, caller.branch)
        return found

    async def page(self, caller: Caller, after: UUID | None, limit: int) -> Any:
        """The caller's segments."""
        async with self._database.transaction() as session:
            return await segments.page(session, caller.branch, after, limit)

    async def preview(self, caller: Caller, rule: Rule, body: str | None) -> Preview:
        """What a rule selects now, inside a body if there is one."""
        kept, today = within(rule, scope.body_for(body, caller.branch)), self._clock.now().date()
        async with self._database.transaction() as session:
            sensitive = await permit(session, caller, rule)
            counts = await segments.counts(session, kept, today)
            sample = [] if sensitive else await segments.sample(session, kept, today, SAMPLE)
            return Preview(counts, sample, sensitive)

    async def explain(self, caller: Caller, segment_id: UUID, member_id: UUID) -> tuple[bool, Explanation, str]:
        """Whether a member is in a segment, which parts of its rule hold, and the member's status."""
        segment, today = await self.one(caller, segment_id), self._clock.now().date()
        rule = within(read_rule(segment.rule), segment.body)
        async with self._database.transaction() as session:
            await permit(session, caller, rule)
            if caller.branch and not await segments.belongs(session, member_id, caller.branch, today):
                raise NotFound("there is no such member")
            found = await segments.member_truths(session, rule, today, member_id)
        if found is None or found.status == "erased":
            raise NotFound("there is no such member")
        explained = explain(rule, found.matched)
        return explained.matched and found.status == "active", explained, found.status

    def _written(self, caller: Caller, name: str, rule: Rule) -> dict[str, Any]:
        return {
            "name": name,
            "rule": rule.model_dump(mode="json"),
            "updated_by": caller.client_id,
            "updated_at": self._clock.now(),
        }
