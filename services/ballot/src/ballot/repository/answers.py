"""Answers as received, and the status of each."""

from collections.abc import Collection, Sequence
from uuid import UUID

from ballot.domain.answers import AnswerStatus, NewAnswer, PollVoter
from ballot.models import Answer, Poll, RollEntry
from chassis.db.rows import insertion
from sqlalchemy import select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

_VOTERS = "SELECT unnest(CAST(:polls AS uuid[])), unnest(CAST(:voters AS uuid[]))"
_LOCK = text(f"""
    SELECT 1 FROM roll WHERE (poll_id, voter) IN ({_VOTERS}) ORDER BY poll_id, voter FOR UPDATE
""")  # noqa: S608 - constants only
_UPDATE_STATUSES = text(f"""
    WITH current AS (
        SELECT answer_id, roll.branch, CASE
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
        WHERE (poll_id, voter) IN ({_VOTERS})
    )
    UPDATE answers SET status = current.status, branch = current.branch FROM current
    WHERE answers.answer_id = current.answer_id AND answers.status <> current.status
      AND (current.status = 'counted') = :counted
""")  # noqa: S608 - constants only
_OUTDATED = text("""
    SELECT DISTINCT voter FROM (
        SELECT voter FROM answers WHERE poll_id = :poll_id AND received_at >= :closes_at
          AND status IN ('counted', 'superseded', 'unmatched', 'not_on_roll')
        UNION ALL
        SELECT voter FROM answers WHERE poll_id = :poll_id AND received_at >= :opened_at AND status = 'early'
    ) AS outdated LIMIT :most
""")
_COPIED = ("reply_id", "poll_id", "voter", "channel", "text", "test", "received_at", "campaign_id", "delivery_id")


def _columns(voters: Collection[PollVoter]) -> dict[str, list[UUID]]:
    ordered = sorted(voters)
    return {"polls": [pair.poll_id for pair in ordered], "voters": [pair.voter for pair in ordered]}


async def lock(session: AsyncSession, voters: Collection[PollVoter]) -> None:
    """One transaction at a time changes the statuses of a voter's answers."""
    await session.execute(_LOCK, _columns(voters))


async def add(session: AsyncSession, answers: Sequence[NewAnswer]) -> set[UUID]:
    """Store answers that are new; returns their reply ids."""
    rows = [
        {name: getattr(answer, name) for name in _COPIED}
        | {
            "anonymous": answer.member_id is None,
            "option": answer.option.key if answer.option else None,
            "effect": answer.option.effect if answer.option else None,
            "status": AnswerStatus.NOT_ON_ROLL,
            "set_aside": False,
        }
        for answer in answers
    ]
    statement = insertion(Answer, rows).on_conflict_do_nothing(index_elements=["reply_id"])
    return set((await session.execute(statement.returning(col(Answer.reply_id)))).scalars())


async def update_statuses(session: AsyncSession, voters: Collection[PollVoter]) -> None:
    """Recompute the status of every answer of these voters.

    Answers that stop counting are written first, because a unique index allows one counted answer a voter.
    """
    for counted in (False, True):
        await session.execute(_UPDATE_STATUSES, {**_columns(voters), "counted": counted})


async def outdated(session: AsyncSession, poll: Poll, most: int) -> set[PollVoter]:
    """Voters with an answer whose status is from before the poll opened, or closed. Nothing else changes a status
    later, so that a poll is settled without reading its other answers."""
    times = {"poll_id": poll.poll_id, "opened_at": poll.opened_at, "closes_at": poll.closes_at}
    found = (await session.execute(_OUTDATED, {**times, "most": most})).scalars()
    return {PollVoter(poll.poll_id, voter) for voter in found}


async def lock_one(session: AsyncSession, poll_id: UUID, answer_id: int) -> Answer | None:
    """An answer, locked."""
    query = select(Answer).where(col(Answer.poll_id) == poll_id, col(Answer.answer_id) == answer_id)
    return (await session.execute(query.with_for_update())).scalar_one_or_none()


async def has_answered(session: AsyncSession, poll_id: UUID, voter: UUID) -> bool:
    """Whether an answer of this voter counts, or would if they were on the roll."""
    query = (
        select(col(Answer.answer_id))
        .where(col(Answer.poll_id) == poll_id, col(Answer.voter) == voter, col(Answer.option).is_not(None))
        .where(col(Answer.status).in_([AnswerStatus.COUNTED, AnswerStatus.NOT_ON_ROLL]))
        .limit(1)
    )
    return (await session.execute(query)).first() is not None


async def page(
    session: AsyncSession, poll_id: UUID, *, status: str, branch: str | None, after: int, limit: int
) -> Sequence[Answer]:
    """Answers with this status in the order received, from after `after`; only those of one branch if it is given."""
    query = select(Answer).where(
        col(Answer.poll_id) == poll_id, col(Answer.status) == status, col(Answer.answer_id) > after
    )
    if branch is not None:
        same = (col(RollEntry.poll_id) == col(Answer.poll_id)) & (col(RollEntry.voter) == col(Answer.voter))
        query = query.join(RollEntry, same).where(col(RollEntry.branch) == branch)
    return (await session.execute(query.order_by(col(Answer.answer_id)).limit(limit))).scalars().all()


async def is_of_branch(session: AsyncSession, poll_id: UUID, voter: UUID, branch: str) -> bool:
    """Whether the roll counts this voter in this branch."""
    query = select(col(RollEntry.voter)).where(
        col(RollEntry.poll_id) == poll_id, col(RollEntry.voter) == voter, col(RollEntry.branch) == branch
    )
    return (await session.execute(query)).scalar_one_or_none() is not None
