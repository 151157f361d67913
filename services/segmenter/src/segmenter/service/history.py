"""What was planned and asked for one member, and why."""

from typing import Any
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import NotFound
from chassis.http.auth import Caller
from segmenter.domain import sensitive
from segmenter.domain.explanation import explain
from segmenter.domain.rules import read_rule
from segmenter.repository import history, segments

_ANOTHER_BRANCH = "the campaign belongs to another body than the token's branch"


class History:
    """Answers 'why did they get this?' from what was frozen, not from what is true today."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def of(self, caller: Caller, member_id: UUID) -> list[dict[str, Any]]:
        """A member's campaigns, the latest first. Raises NotFound for somebody unknown, or of another branch."""
        async with self._database.transaction() as session:
            if not await history.known(session, member_id):
                raise NotFound("there is no such member")
            today = self._clock.now().date()
            if caller.branch and not await segments.belongs(session, member_id, caller.branch, today):
                raise NotFound("there is no such member")
            planned = await history.planned(session, member_id)
            asked = await history.asked(session, member_id)
        items = (_item(row, [one for one in asked if one.campaign_id == row.campaign_id]) for row in planned)
        return [_for(caller, row, item) for row, item in zip(planned, items, strict=True)]


def _for(caller: Caller, row: Any, item: dict[str, Any]) -> dict[str, Any]:
    """What was sent may be known, not what it was about: the name and the rule say who the member is, and what another
    branch does is its own. The union's own campaigns are everybody's."""
    if caller.branch and row.campaign_body not in (None, caller.branch):
        return {**item, "name": None, "rule": None, "withheld": _ANOTHER_BRANCH}
    if row.campaign_sensitive and sensitive.SCOPE not in caller.scopes:
        return {**item, "name": None, "rule": None, "withheld": sensitive.NOT_FOR_CALLER}
    return item


def _item(row: Any, asked: list[Any]) -> dict[str, Any]:
    return {
        "at": row.campaign_frozen_at,
        "what": "planned",
        "campaign_id": row.campaign_id,
        "name": row.campaign_name,
        "purpose": row.campaign_definition["purpose"],
        "state": row.campaign_state,
        "launched_on": row.campaign_launched_on,
        "test": row.campaign_test_of is not None,
        "audience_at": row.campaign_frozen_at,
        "rule": explain(read_rule(row.campaign_rule), row.matched) if row.matched else None,
        "skip_reason": row.skip_reason,
        "consents": row.consents,
        "deliveries": [
            {name: one._mapping[name] for name in ("delivery_id", "step", "channel", "status", "reason", "rev", "at")}
            for one in asked
        ],
    }
