"""Stops as rows, and how far the projections are applied."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.db.statements import run
from contracts.stop_orders import ALL_SENDING
from sqlmodel.ext.asyncio.session import AsyncSession

Origin = Literal["union", "operator"]

_LOCK = "hashtextextended('brake', 0)"
CLAIMING = f"(SELECT count(*) FROM pg_advisory_xact_lock_shared({_LOCK})) = 1"  # noqa: S608 - texts of ours
"""A condition that is true: the lock of a claim, taken before it reads the stops and kept until it ends."""
_NO_CLAIM_OPEN = f"SELECT pg_advisory_xact_lock({_LOCK})"


def stopped(scope: str) -> str:
    """A condition: a stop holds for `scope`, an expression. A stop of a campaign by the union ends with that
    campaign's next event, which says what holds from then on."""
    return f"""EXISTS (SELECT 1 FROM stops s WHERE s.stopped AND s.scope = {scope} AND (s.origin = 'operator'
        OR s.scope = '{ALL_SENDING}' OR NOT EXISTS (
            SELECT 1 FROM campaigns k WHERE k.campaign_id = s.scope AND k.version >= s.version)))"""  # noqa: S608


def halted(campaign: str) -> str:
    """A condition: nothing of `campaign`, an expression, may be sent now."""
    return f"""({stopped(f"'{ALL_SENDING}'")} OR {stopped(campaign)} OR EXISTS (
        SELECT 1 FROM campaigns k WHERE k.campaign_id = {campaign} AND k.state IN ('paused', 'cancelled')))"""  # noqa: S608


_REPLACE = """
INSERT INTO stops AS s (origin, scope, version, stopped, reason, by, at)
VALUES (:origin, :scope, coalesce(CAST(:version AS bigint), 1), :stopped, :reason, :by, :at)
ON CONFLICT (origin, scope) DO UPDATE SET version = coalesce(CAST(:version AS bigint), s.version + 1),
    stopped = excluded.stopped, reason = excluded.reason, by = excluded.by, at = excluded.at
WHERE CAST(:version AS bigint) IS NULL OR s.version < excluded.version
    OR s.version = excluded.version AND excluded.stopped  -- the segmenter was restored meanwhile: a stop holds
"""
_STOPS = """
SELECT origin, nullif(scope, CAST(:everything AS uuid)) AS campaign_id, version, stopped, reason, by, at FROM stops
ORDER BY stopped DESC, at DESC LIMIT 200
"""
_STATE = f"""
SELECT {stopped(f"'{ALL_SENDING}'")} AS stopped,
    ARRAY(SELECT n.id FROM unnest(CAST(:campaigns AS uuid[])) AS n(id) WHERE {halted("n.id")}) AS campaigns,
    ARRAY(SELECT part
        FROM generate_series(0, (SELECT max(partitions) FROM applied WHERE topic = 'campaigns') - 1) AS part
        WHERE NOT EXISTS (SELECT 1 FROM applied a WHERE a.topic = 'campaigns' AND a.partition = part
            AND a.through > clock_timestamp() - make_interval(secs => :longest))) AS behind,
    EXISTS (SELECT 1 FROM applied WHERE topic = 'campaigns') AS known
"""  # noqa: S608
_APPLIED = """
INSERT INTO applied AS a (topic, partition, partitions, through)
SELECT :topic, part, :partitions, :through FROM unnest(CAST(:parts AS integer[])) AS n(part)
ORDER BY part ON CONFLICT (topic, partition) DO UPDATE SET partitions = excluded.partitions,
    through = greatest(a.through, excluded.through)
"""


@dataclass(frozen=True, slots=True)
class StopRow:
    """A stop or its lifting. `campaign_id` None: of all sending."""

    origin: str
    campaign_id: UUID | None
    version: int
    stopped: bool
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BrakeRow:
    """What holds now: a stop of everything, the halted of the campaigns asked for, the partitions of `campaigns` that
    are behind. `known`: it was once found out how far they are."""

    stopped: bool
    campaigns: frozenset[UUID]
    behind: tuple[int, ...]
    known: bool


async def replace(session: AsyncSession, origin: Origin, scope: UUID, version: int | None, **values: object) -> bool:
    """Stop or lift; False: an older version than the one we have. Without a version it becomes the next."""
    result = await run(session, _REPLACE, origin=origin, scope=scope, version=version, **values)
    return bool(result.rowcount)


async def follow_anew(session: AsyncSession, campaign: UUID) -> None:
    """After a lift: have the rows that were parked for this campaign looked at again, see `campaign_changes`."""
    statement = "UPDATE campaigns SET followed = least(followed, 0) - 1 WHERE campaign_id = :campaign"
    await run(session, statement, campaign=campaign)


async def all_stops(session: AsyncSession) -> list[StopRow]:
    """The last of each origin and scope, those that hold first."""
    return [StopRow(**row._mapping) for row in await run(session, _STOPS, everything=ALL_SENDING)]


async def is_stopped(session: AsyncSession, scope: UUID) -> bool:
    """Whether a stop holds for everything or for this campaign."""
    statement = f"SELECT {stopped(':everything')} OR {stopped('CAST(:scope AS uuid)')}"
    return bool((await run(session, statement, scope=scope, everything=ALL_SENDING)).scalar_one())


async def no_claim_open(session: AsyncSession, longest: float) -> None:
    """Return once every claim that began before has ended. Raises Unavailable after `longest` seconds."""
    await run(session, f"SET LOCAL lock_timeout = {round(longest * 1000)}")
    await run(session, _NO_CLAIM_OPEN)


async def state(session: AsyncSession, campaigns: Collection[UUID], longest: float) -> BrakeRow:
    """`longest`: seconds after which a partition is behind."""
    row = (await run(session, _STATE, campaigns=list(campaigns), longest=longest)).one()
    return BrakeRow(row.stopped, frozenset(row.campaigns), tuple(row.behind), row.known)


async def note_applied(session: AsyncSession, topic: str, passed: Mapping[int, bool], through: datetime) -> None:
    """These partitions were applied to their ends as they were at `through`."""
    parts = [part for part, done in passed.items() if done]
    await run(session, _APPLIED, topic=topic, parts=parts, partitions=len(passed), through=through)
