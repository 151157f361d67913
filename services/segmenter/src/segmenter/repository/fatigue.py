"""The fatigue cap as SQL. A frozen audience reserves a message for each member until the delivery is asked for."""

from collections.abc import Sequence
from uuid import UUID

from contracts.enums import CampaignState, SkipReason
from segmenter.domain.audience_plan import FatigueCap
from segmenter.models import audience, campaigns, deliveries, shards
from segmenter.repository.locks import lock_places
from sqlalchemy import Column, ColumnElement, ScalarSelect, any_, case, exists, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

_NOT_SENT = ("skipped", "rejected", "expired")
_RUNNING = [CampaignState.LAUNCHED.value, CampaignState.PAUSED.value]


def reached(cap: FatigueCap, member_id: Column[UUID]) -> ColumnElement[bool]:
    """Whether what a member was sent, and what is reserved for them, reaches the cap; test sends do not count."""
    return _sent(cap, member_id) + _reserved(cap, member_id) >= cap.most


def _sent(cap: FatigueCap, member_id: Column[UUID]) -> ScalarSelect[int]:
    sent = deliveries.c
    counted = (sent.at > cap.since, ~sent.test, sent.status.not_in(_NOT_SENT))
    return select(func.count()).where(sent.member_id == member_id, *counted).scalar_subquery()


def _reserved(cap: FatigueCap, member_id: Column[UUID]) -> ScalarSelect[int]:
    """What the end or the expiry of a campaign leaves unsent counts no more."""
    to_fan_out = exists().where(shards.c.campaign_id == campaigns.c.campaign_id, ~shards.c.done)
    live = (campaigns.c.state.in_(_RUNNING), campaigns.c.expires_at > cap.now, campaigns.c.test_of.is_(None))
    # Found once a statement, so that the past campaigns of each member are not looked up.
    unfinished = select(campaigns.c.campaign_id).where(*live, to_fan_out).correlate(None)
    rows = audience.alias("reserved")
    theirs = select(rows).where(rows.c.member_id == member_id, rows.c.skip_reason.is_(None))
    # OFFSET keeps the planner to the index on the member: it knows nothing yet of a new audience, and would read all of
    # it for each member.
    place = theirs.offset(0).correlate(member_id.table).subquery("place")
    asked_for = exists().where(deliveries.c.campaign_id == place.c.campaign_id, deliveries.c.ordinal == place.c.ordinal)
    at_once = campaigns.c.definition["channels"]["rule"].astext == "all"
    messages = func.sum(case((at_once, func.cardinality(place.c.channels)), else_=1))
    return (
        select(func.coalesce(messages, 0))
        .select_from(place.join(campaigns, campaigns.c.campaign_id == place.c.campaign_id))
        .where(place.c.campaign_id == any_(func.array(unfinished.scalar_subquery())), ~asked_for)
        .scalar_subquery()
        .correlate(member_id.table)
    )


async def frozen_campaigns(session: AsyncSession, cap: FatigueCap) -> Sequence[UUID]:
    """Campaigns that were frozen since the cap counts."""
    query = select(campaigns.c.campaign_id).where(campaigns.c.frozen_at > cap.since)
    return list((await session.execute(query)).scalars())


async def leave_out(session: AsyncSession, campaign_id: UUID, cap: FatigueCap, known: Sequence[UUID]) -> None:
    """Leave out of an audience those whom others have brought to the cap while it was being frozen, that is, audiences
    of campaigns that are not `known`. Others do this after the transaction's end only."""
    await lock_places(session)
    others = sorted(set(await frozen_campaigns(session, cap)) - set(known))
    if not others:
        return
    mine = audience.c.campaign_id == campaign_id
    # One pass over both: of audiences that are new the planner knows nothing, and a join of them may take hours.
    both = (
        select(audience.c.member_id, func.max(audience.c.ordinal).filter(mine).label("ordinal"))
        .where(audience.c.campaign_id.in_([campaign_id, *others]), audience.c.skip_reason.is_(None))
        .group_by(audience.c.member_id)
        .having(func.bool_or(mine) & func.bool_or(~mine))
        .cte("both")
    )
    await session.execute(
        update(audience)
        .where(mine, audience.c.ordinal == both.c.ordinal, reached(cap, audience.c.member_id))
        .values(skip_reason=SkipReason.FATIGUE.value, channels=[])
    )
