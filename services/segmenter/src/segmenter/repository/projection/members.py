"""Members: that there is a number or an address, never which."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db.rows import among
from contracts.enums import Channel, SkipReason
from contracts.events.members import ContactPoint, MemberChanged, MemberErased, SensitiveInterestsChanged
from segmenter.models import audience, consents, members, memberships, participation, sensitive_interests, test_staff
from segmenter.repository.projection.rows import ERASED, insert_rows, upsert_rows
from sqlalchemy import and_, delete, literal, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

_NOTHING = {"given_name": "", "language": "", "has_sms": False, "has_email": False, "preferred": "", "interests": []}
_EMPTIED = {"merge": {}, "consents": [], "matched": [], "language": ""}


async def change(session: AsyncSession, events: Sequence[MemberChanged]) -> None:
    """Take over members whose version is newer, with their memberships and consents; an erased one stays erased."""
    updated = await _upsert(session, [_member(event) for event in events])
    newer = [event for event in events if event.member_id in updated]
    replaced = (memberships, _memberships), (consents, _consents)
    for table, rows_of in replaced:
        await session.execute(delete(table).where(among(table.c.member_id, sorted(updated))))
        if rows := [row for event in newer for row in rows_of(event)]:
            await session.execute(insert_rows(table, rows))


async def erase(session: AsyncSession, events: Sequence[MemberErased]) -> None:
    """Keep the id as a marker and delete the rest; audience rows keep the id and lose all that was decided by."""
    markers = [{"member_id": event.member_id, "version": event.version, "status": ERASED} for event in events]
    await _upsert(session, [{**marker, **_NOTHING} for marker in markers])
    member_ids = sorted(event.member_id for event in events)
    for table in (memberships, consents, sensitive_interests, participation, test_staff):
        await session.execute(delete(table).where(among(table.c.member_id, member_ids)))
    full = or_(*(audience.c[name] != literal(empty, audience.c[name].type) for name, empty in _EMPTIED.items()))
    await session.execute(update(audience).where(among(audience.c.member_id, member_ids), full).values(_EMPTIED))


async def erase_from_audience(session: AsyncSession, campaign_id: UUID) -> None:
    """Leave out of an audience members who were erased while it was being frozen: their erasure did not see it."""
    erased = select(members.c.member_id).where(members.c.status == ERASED)
    statement = update(audience).where(audience.c.campaign_id == campaign_id, audience.c.member_id.in_(erased))
    await session.execute(statement.values(_EMPTIED | {"skip_reason": SkipReason.ERASED.value, "channels": []}))


async def upsert_sensitive_interests(session: AsyncSession, events: Sequence[SensitiveInterestsChanged]) -> None:
    """Sensitive interests by version; none of an erased member."""
    rows = [event.model_dump() for event in events]
    await session.execute(upsert_rows(sensitive_interests, rows, unless_erased=True))


async def _upsert(session: AsyncSession, rows: Sequence[dict[str, object]]) -> set[UUID]:
    """One row a member; gives the ids of those that changed."""
    statement = insert_rows(members, rows)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[members.c.member_id],
        set_={each.name: new[each.name] for each in members.c if not each.primary_key},
        where=and_(members.c.status != ERASED, or_(members.c.version < new.version, new.status == ERASED)),
    )
    result = await session.execute(statement.returning(members.c.member_id))
    return set(result.scalars())


def _member(event: MemberChanged) -> dict[str, object]:
    points = event.contact_points
    return {
        **event.model_dump(include={"member_id", "version", "status", "given_name", "language", "interests"}),
        "birthday": event.birthday.month * 100 + event.birthday.day if event.birthday else None,
        "joined_on": min((membership.valid_from for membership in event.memberships), default=None),
        "has_sms": any(_usable(point, Channel.SMS) for point in points),
        "has_email": any(_usable(point, Channel.EMAIL) for point in points),
        "preferred": next((point.channel for point in points if point.preferred and _usable(point)), ""),
    }


def _usable(point: ContactPoint, channel: str | None = None) -> bool:
    return channel in (None, point.channel) and (point.textable or point.channel != Channel.SMS)


def _memberships(event: MemberChanged) -> list[dict[str, object]]:
    return [
        {
            "member_id": event.member_id,
            "position": position,
            "path": membership.path or (membership.body,),
            **membership.model_dump(exclude={"path", "unit"}),
        }
        for position, membership in enumerate(event.memberships)
    ]


def _consents(event: MemberChanged) -> list[dict[str, object]]:
    """The latest of each channel and purpose, should there be two."""
    latest = {(consent.channel, consent.purpose): consent for consent in sorted(event.consents, key=lambda c: c.at)}
    kept = {"channel", "purpose", "granted", "consent_id", "at"}
    return [{"member_id": event.member_id, **consent.model_dump(include=kept)} for consent in latest.values()]
