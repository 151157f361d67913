"""Campaigns while they are being written."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Fault, Forbidden, NotFound, PreconditionFailed, Refused
from chassis.http.auth import Caller
from contracts.enums import CampaignState
from segmenter.domain import scope
from segmenter.domain import sensitive as sensitivity
from segmenter.domain.campaign import Definition
from segmenter.domain.checking import faults
from segmenter.domain.rules import read_rule
from segmenter.domain.transitions import Deed, after
from segmenter.repository import campaigns, projection, segments
from segmenter.service.sensitive import permit, require
from segmenter.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession

_LOOK_AGAIN = 0.2
PASS_QUIET_HOURS = "campaigns:pass-quiet-hours"  # noqa: S105 - a scope


async def found(session: AsyncSession, caller: Caller, campaign_id: UUID, *, to_change: bool = False) -> Any:
    """A campaign. Raises NotFound, Forbidden."""
    campaign = await campaigns.one(session, campaign_id, to_change=to_change)
    if campaign is None:
        raise NotFound("there is no such campaign")
    scope.check(campaign.body, caller.branch)
    if campaign.sensitive:
        require(caller)
    return campaign


async def poll_fault(session: AsyncSession, poll_id: UUID | None, clock: Clock) -> list[Fault]:
    """Whether the poll that a campaign asks is open."""
    if poll_id is None:
        return []
    poll = await projection.ballot(session, poll_id)
    if poll is None:
        return [Fault("poll_id", "no such poll is known")]
    if poll.state != "open" or poll.closes_at <= clock.now():
        return [Fault("poll_id", "the poll is not open")]
    return []


def refuse(found_faults: list[Fault]) -> None:
    """Raises Refused with all of them, if there are any."""
    if found_faults:
        raise Refused("; ".join(f"{fault.field}: {fault.reason}" for fault in found_faults[:3]), faults=found_faults)


class Campaigns:
    """Verbs on drafts."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock, self._settings = database, clock, settings

    async def create(self, caller: Caller, definition: Definition) -> Any:
        """A draft. Raises Refused with every fault at once."""
        now, campaign_id = self._clock.now(), uuid4()
        await self._until_heard(definition.poll_id)
        async with self._database.transaction() as session:
            kept, sensitive = await self._checked(session, caller, definition)
            row = {
                "campaign_id": campaign_id,
                "version": 1,
                "state": CampaignState.DRAFT.value,
                "created_by": caller.client_id,
                "created_at": now,
                "sensitive": sensitive,
                "authors": [caller.client_id],
                **self._written(caller, kept),
            }
            await campaigns.add(session, row)
            return await campaigns.one(session, campaign_id)

    async def replace(self, caller: Caller, campaign_id: UUID, version: int, definition: Definition) -> Any:
        """A new version, a draft again: what was approved was another text."""
        await self._until_heard(definition.poll_id)
        async with self._database.transaction() as session:
            campaign = await found(session, caller, campaign_id, to_change=True)
            if campaign.version != version:
                raise PreconditionFailed(f"the campaign is no longer at version {version}")
            state = after(campaign.state, Deed.EDIT)
            kept, sensitive = await self._checked(session, caller, definition)
            undone = {
                "sensitive": sensitive,
                "approved_by": None,
                "approved_recipients": None,
                "starts_at": None,
                "summary": None,
                "rule": None,
            }
            authors = sorted({*campaign.authors, caller.client_id})
            values = {**self._written(caller, kept), **undone, "authors": authors}
            values |= {"version": version + 1, "state": state.value}
            return await campaigns.change(session, campaign_id, **values)

    async def one(self, caller: Caller, campaign_id: UUID) -> Any:
        """A campaign."""
        async with self._database.transaction() as session:
            return await found(session, caller, campaign_id)

    async def page(self, caller: Caller, after_id: UUID | None, limit: int) -> Any:
        """The caller's campaigns."""
        async with self._database.transaction() as session:
            all_of_them = sensitivity.SCOPE in caller.scopes
            return await campaigns.page(session, caller.branch, after_id, limit, sensitive=all_of_them)

    async def _until_heard(self, poll_id: UUID | None) -> None:
        """Give a poll that was opened a moment ago the time to be heard of."""
        for _ in range(int(self._settings.poll_patience_seconds / _LOOK_AGAIN) if poll_id else 0):
            async with self._database.transaction() as session:
                if poll_id is None or await projection.ballot(session, poll_id) is not None:
                    return
            await asyncio.sleep(_LOOK_AGAIN)

    async def _checked(self, session: AsyncSession, caller: Caller, definition: Definition) -> tuple[Definition, bool]:
        if definition.passes_quiet_hours and PASS_QUIET_HOURS not in caller.scopes:
            raise Forbidden(f"the token lacks the scope {PASS_QUIET_HOURS}", field="passes_quiet_hours")
        segment = await segments.one(session, definition.segment_id)
        if segment is None:
            raise Refused("there is no such segment", field="segment_id")
        scope.check(segment.body, caller.branch)
        sensitive = await permit(session, caller, read_rule(segment.rule))
        body = scope.body_for(definition.body, caller.branch)
        if segment.body is not None and body not in (None, segment.body):
            raise Refused(f"the segment belongs to {segment.body}", field="body")
        kept = definition.model_copy(update={"body": body or segment.body})
        # In a thread: a megabyte of texts takes a while to read, and the rest of the service goes on meanwhile.
        wrong = await asyncio.to_thread(faults, kept, self._clock.now())
        refuse([*wrong, *await poll_fault(session, kept.poll_id, self._clock)])
        return kept, sensitive

    def _written(self, caller: Caller, definition: Definition) -> dict[str, Any]:
        return {
            "name": definition.name,
            "body": definition.body,
            "definition": definition.stored(),
            "expires_at": definition.expires_at,
            "urgent": definition.urgent,
            "updated_by": caller.client_id,
            "updated_at": self._clock.now(),
        }
