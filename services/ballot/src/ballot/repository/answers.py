"""Answers as they came in, and where each of them stands."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from ballot.domain.answers import NewAnswer, Status
from ballot.models import Answer, RollEntry
from ballot.repository.rows import as_json
from sqlalchemy import Row, select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

Pair = tuple[UUID, UUID]
"""A poll and a voter."""

_PAIRS = "SELECT unnest(CAST(:polls AS uuid[])), unnest(CAST(:voters AS uuid[]))"
_LOCK = text(f"""
    SELECT 1 FROM roll WHERE (poll_id, voter) IN ({_PAIRS}) ORDER BY poll_id, voter FOR UPDATE
""")  # noqa: S608 - constants only
_ADD = text("""
    INSERT INTO answers (reply_id, poll_id, voter, anonymous, channel, text, option, effect, status, set_aside,
                         test, received_at, campaign_id, delivery_id)
    SELECT reply_id, poll_id, voter, anonymous, channel, text, option, effect, 'not_on_roll', false,
           test, received_at, campaign_id, delivery_id
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(
        reply_id uuid, poll_id uuid, voter uuid, anonymous bool, channel text, text text, option text, effect text,
        test bool, received_at timestamptz, campaign_id uuid, delivery_id uuid)
    ON CONFLICT (reply_id) DO NOTHING
    RETURNING reply_id
""")
_STANDING = """
    WITH standing AS (
        SELECT answer_id, CASE
            WHEN test THEN 'test'
            WHEN set_aside THEN 'set_aside'
            WHEN received_at >= polls.closes_at THEN 'late'
            WHEN polls.opened_at IS NULL OR received_at < polls.opened_at THEN 'early'
            WHEN roll.voter IS NULL THEN 'not_on_roll'
            WHEN option IS NULL THEN 'unmatched'
            WHEN answer_id = first_value(answer_id) OVER (
                PARTITION BY poll_id, voter
                ORDER BY (option IS NOT NULL AND NOT set_aside AND NOT test AND received_at < polls.closes_at
                          AND received_at >= polls.opened_at) DESC NULLS LAST, received_at DESC, answer_id DESC
            ) THEN 'counted'
            ELSE 'superseded' END AS status
        FROM answers JOIN polls USING (poll_id) LEFT JOIN roll USING (poll_id, voter)
        WHERE {which}
    )
    UPDATE answers SET status = standing.status FROM standing
    WHERE answers.answer_id = standing.answer_id AND answers.status <> standing.status
      AND (standing.status = 'counted') = :counted
    RETURNING answers.voter
"""
_SETTLE_PAIRS = text(
    _STANDING.format(
        which="(poll_id, voter) IN (SELECT unnest(CAST(:polls AS uuid[])), unnest(CAST(:voters AS uuid[])))"
    )
)
_SETTLE_POLL = text(_STANDING.format(which="poll_id = :poll_id"))
_STANDINGS = text("SELECT status, count(*) AS answers FROM answers WHERE poll_id = :poll_id GROUP BY status")
_TOOK_PART = text("""
    SELECT count(*) FROM answers WHERE poll_id = :poll_id AND status = 'counted' AND effect = ANY(:effects)
""")
_TOTALS = text("""
    SELECT option, count(*) AS answers FROM answers WHERE poll_id = :poll_id AND status = 'counted' GROUP BY option
""")
_BRANCHES = text("""
    SELECT branch, max(branch_name) AS branch_name, count(*) AS roll, count(answer_id) AS took_part
    FROM roll LEFT JOIN answers ON answers.poll_id = roll.poll_id AND answers.voter = roll.voter
        AND answers.status = 'counted' AND answers.effect = ANY(:effects)
    WHERE roll.poll_id = :poll_id GROUP BY branch ORDER BY branch
""")


def _columns(pairs: Collection[Pair]) -> dict[str, list[UUID]]:
    ordered = sorted(pairs)
    return {"polls": [poll_id for poll_id, _ in ordered], "voters": [voter for _, voter in ordered]}


async def lock(session: AsyncSession, pairs: Collection[Pair]) -> None:
    """One transaction at a time settles a voter's answers."""
    await session.execute(_LOCK, _columns(pairs))


async def add(session: AsyncSession, answers: Sequence[NewAnswer], voters: dict[UUID, tuple[UUID, bool]]) -> set[UUID]:
    """Store what is new, under the voter and anonymity given by reply id. Returns the reply ids that were new."""
    rows = [
        {
            "reply_id": answer.reply_id,
            "poll_id": answer.poll_id,
            "voter": voters[answer.reply_id][0],
            "anonymous": voters[answer.reply_id][1],
            "channel": answer.channel,
            "text": answer.text,
            "option": answer.option.key if answer.option else None,
            "effect": answer.option.effect if answer.option else None,
            "test": answer.test,
            "received_at": answer.received_at,
            "campaign_id": answer.campaign_id,
            "delivery_id": answer.delivery_id,
        }
        for answer in answers
    ]
    return set((await session.execute(_ADD, {"rows": as_json(rows)})).scalars())


async def settle(session: AsyncSession, pairs: Collection[Pair]) -> None:
    """Say anew where each answer of these voters stands: demotions first, since one answer a voter counts."""
    for counted in (False, True):
        await session.execute(_SETTLE_PAIRS, {**_columns(pairs), "counted": counted})


async def settle_poll(session: AsyncSession, poll_id: UUID) -> set[Pair]:
    """The same for a whole poll; the voters of whom an answer stands elsewhere now."""
    moved: set[Pair] = set()
    for counted in (False, True):
        voters = (await session.execute(_SETTLE_POLL, {"poll_id": poll_id, "counted": counted})).scalars()
        moved |= {(poll_id, voter) for voter in voters}
    return moved


async def standings(session: AsyncSession, poll_id: UUID) -> dict[str, int]:
    """How many answers stand where; every status is there."""
    found = {row.status: row.answers for row in await session.execute(_STANDINGS, {"poll_id": poll_id})}
    return {status.value: found.get(status, 0) for status in Status}


async def took_part(session: AsyncSession, poll_id: UUID, effects: Sequence[str]) -> int:
    """How many voters' counted answers have one of these effects: one answer a voter counts, and only on the roll."""
    return int(await session.scalar(_TOOK_PART, {"poll_id": poll_id, "effects": list(effects)}) or 0)


async def totals(session: AsyncSession, poll_id: UUID) -> dict[str, int]:
    """Counted answers by option; options that nobody chose are not there."""
    return {row.option: row.answers for row in await session.execute(_TOTALS, {"poll_id": poll_id})}


async def branches(session: AsyncSession, poll_id: UUID, effects: Sequence[str]) -> Sequence[Row[Any]]:
    """Roll and turnout of each branch: branch, branch_name, roll, took_part."""
    return (await session.execute(_BRANCHES, {"poll_id": poll_id, "effects": list(effects)})).all()


async def one(session: AsyncSession, poll_id: UUID, answer_id: int) -> Answer | None:
    """An answer, locked."""
    query = select(Answer).where(col(Answer.poll_id) == poll_id, col(Answer.answer_id) == answer_id)
    return (await session.execute(query.with_for_update())).scalar_one_or_none()


async def standing_of(session: AsyncSession, poll_id: UUID, voter: UUID) -> Answer | None:
    """The answer of a voter that counts, or that would if they were on the roll."""
    query = (
        select(Answer)
        .where(col(Answer.poll_id) == poll_id, col(Answer.voter) == voter, col(Answer.option).is_not(None))
        .where(col(Answer.status).in_([Status.COUNTED, Status.NOT_ON_ROLL]))
        .order_by(col(Answer.received_at).desc(), col(Answer.answer_id).desc())
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def page(
    session: AsyncSession, poll_id: UUID, *, status: str, branch: str | None, after: int, limit: int
) -> Sequence[Answer]:
    """Answers that stand there, in the order in which they came in; of one branch's voters if it is given."""
    query = select(Answer).where(
        col(Answer.poll_id) == poll_id, col(Answer.status) == status, col(Answer.answer_id) > after
    )
    if branch is not None:
        same = (col(RollEntry.poll_id) == col(Answer.poll_id)) & (col(RollEntry.voter) == col(Answer.voter))
        query = query.join(RollEntry, same).where(col(RollEntry.branch) == branch)
    return (await session.execute(query.order_by(col(Answer.answer_id)).limit(limit))).scalars().all()


async def is_of_branch(session: AsyncSession, poll_id: UUID, voter: UUID, branch: str) -> bool:
    """Whether a voter stands on the roll of this branch."""
    query = select(col(RollEntry.voter)).where(
        col(RollEntry.poll_id) == poll_id, col(RollEntry.voter) == voter, col(RollEntry.branch) == branch
    )
    return (await session.execute(query)).scalar_one_or_none() is not None
