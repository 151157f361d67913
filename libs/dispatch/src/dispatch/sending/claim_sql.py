"""The claim: due rows are locked, judged outside, and written back in the same transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from chassis.db.statements import run
from contracts.campaigns import CampaignEvent
from dispatch.ledger.history import LATER, shortened, skipped_step
from dispatch.projection.contact import Contact, Grant, UnitPath
from dispatch.sending.gate.facts import Due
from sqlmodel.ext.asyncio.session import AsyncSession

S = TypeVar("S")
R = TypeVar("R")
_DUE = """
SELECT delivery_id, month, campaign_id, step, member_id, member_version, expires_at, admitted_at, gen, merge,
    branch, region, coalesce(waiting_for = 'recovery', false) AS suspect
FROM deliveries WHERE state = 'requested' AND not_before <= :now
ORDER BY urgent DESC, not_before LIMIT :most FOR UPDATE SKIP LOCKED
"""
_IS_DUE = "SELECT EXISTS (SELECT 1 FROM deliveries WHERE state = 'requested' AND not_before <= :now)"
_CONTACTS = """
SELECT member_id, version, erased, status, given_name, family_name, language, time_zone, address, address_hash, usable,
    consents, places
FROM contacts WHERE member_id = ANY(CAST(:ids AS uuid[])) ORDER BY member_id FOR SHARE
"""
_FACTS = """
SELECT 'suppressed' AS kind, address_hash AS a, '' AS b, since AS at, 0 AS version FROM suppressions
    WHERE lifted_at IS NULL AND address_hash = ANY(CAST(:hashes AS text[]))
UNION ALL SELECT 'bad', address_hash, '', at, 0 FROM bad_addresses WHERE address_hash = ANY(CAST(:hashes AS text[]))
UNION ALL SELECT 'stopped', '', '', at, 0 FROM sending_stop WHERE stopped
UNION ALL SELECT 'campaign', campaign_id::text, '', NULL, version FROM campaigns
    WHERE campaign_id = ANY(CAST(:campaigns AS uuid[]))
UNION ALL SELECT 'took_part', p.member_id::text, c.campaign_id::text, NULL, 0
    FROM campaigns c JOIN participation p ON p.poll_id = c.poll_id AND p.member_id = ANY(CAST(:members AS uuid[]))
    WHERE c.campaign_id = ANY(CAST(:campaigns AS uuid[]))
"""
_SNAPSHOTS = "SELECT campaign_id, snapshot FROM campaigns WHERE campaign_id = ANY(CAST(:ids AS uuid[]))"
_SENDING = """
WITH n AS (
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:gens AS integer[]), CAST(:hashes AS text[]),
        CAST(:consents AS uuid[]), CAST(:senders AS text[]), CAST(:addresses AS text[]), CAST(:marks AS bytea[]),
        CAST(:months AS date[]), CAST(:parts AS smallint[]), CAST(:encodings AS text[]),
        CAST(:suspects AS boolean[]), CAST(:sinces AS timestamptz[]))
        AS n(id, gen, hash, consent, sender, address, mark, month, parts, encoding, suspect, since)
), claimed AS (
    UPDATE deliveries d SET state = 'sending', gen = d.gen + 1, rev = {rev},
        deadline = clock_timestamp() + CAST(:deadline AS interval), waiting_for = NULL, address_hash = n.hash,
        consent_id = n.consent, parts = n.parts, encoding = n.encoding, looks = 0, look_at = NULL, reason = '',
        code = '', permitted = CASE WHEN n.suspect THEN d.gen + 1 ELSE d.permitted END,
        passed = {passed}
            || jsonb_build_array(jsonb_build_array({rev}, 'sending', d.gen + 1, clock_timestamp()))
    FROM n WHERE d.delivery_id = n.id AND d.month = n.month AND d.gen = n.gen AND d.state = 'requested'
    RETURNING d.delivery_id, d.gen, d.month, d.deadline
), put_off AS (
    DELETE FROM attempts a USING claimed c WHERE c.gen > 30 AND a.delivery_id = c.delivery_id
        AND a.gen > 10 AND a.gen < c.gen - 20 AND a.outcome = 'not_sent' AND a.reference IS NULL
)
INSERT INTO attempts (delivery_id, gen, month, t_send, deadline, sender, address, mark)
SELECT c.delivery_id, c.gen, c.month,
    coalesce(n.since, CASE WHEN n.suspect THEN (SELECT min(since) FROM recoveries) END, clock_timestamp()),
    c.deadline, n.sender, n.address, n.mark
FROM claimed c JOIN n ON n.id = c.delivery_id
""".replace("{rev}", f"greatest(d.rev + 1, CASE WHEN d.waiting_for = 'recovery' THEN {LATER} END)").replace(
    "{passed}", shortened("d.passed")
)
"""Of a long outage, in which nothing was sent, the first and the last tries are kept: a row, and what every move reads
of it, would grow for hours."""
_SKIPPED = """
UPDATE deliveries d SET state = 'skipped', rev = d.rev + 1, reason = n.reason, waiting_for = NULL,
    passed = d.passed || {skipped}
FROM unnest(CAST(:ids AS uuid[]), CAST(:months AS date[]), CAST(:reasons AS text[])) AS n(id, month, reason)
WHERE d.delivery_id = n.id AND d.month = n.month AND d.state = 'requested'
""".replace("{skipped}", skipped_step("d.rev + 1", "d.gen", "n.reason"))
_WAITING = """
UPDATE deliveries d SET not_before = n.until,
    waiting_for = CASE WHEN d.waiting_for = 'recovery' THEN 'recovery' ELSE n.why END
FROM unnest(CAST(:ids AS uuid[]), CAST(:months AS date[]), CAST(:untils AS timestamptz[]), CAST(:whys AS text[]))
    AS n(id, month, until, why)
WHERE d.delivery_id = n.id AND d.month = n.month AND d.state = 'requested'
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says about the addresses, members and campaigns of a claim."""

    suppressed: dict[str, datetime]
    bad: frozenset[str]
    stopped: bool
    versions: dict[UUID, int]
    took_part: frozenset[tuple[UUID, UUID]]
    """(member, campaign) pairs."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is written before a call: the delivery, as which attempt it will go, and how to recognise it later."""

    due: Due
    address: str
    address_hash: str
    slot: UUID
    sender: str
    poll_id: UUID | None
    test: bool
    expires_at: datetime
    """Until then an answer from that address belongs to this delivery."""
    consent_id: UUID | None
    mark: bytes
    parts: int
    encoding: str
    """Parts and encoding. Known before the call: a receipt that overtakes the answer cannot tell them."""
    since: datetime | None = None
    """Of a suspect: from when on it may have gone, if this process knows it; else the ledger does."""

    @property
    def key(self) -> tuple[UUID, int, str, UUID]:
        """What 'one address gets one message' is unique on."""
        return (self.due.campaign_id, self.due.step, self.address_hash, self.slot)


async def is_due(session: AsyncSession, now: datetime) -> bool:
    """Whether a claim would find anything; one look at an index."""
    return bool((await run(session, _IS_DUE, now=now)).scalar_one())


async def due(session: AsyncSession, now: datetime, most: int) -> list[Due]:
    """Lock due rows that nobody else has in hand, urgent ones first."""
    rows = (await run(session, _DUE, now=now, most=most)).all()
    return [Due(**row._mapping) for row in rows]


async def contacts(session: AsyncSession, members: Sequence[UUID]) -> tuple[dict[UUID, Contact], dict[UUID, Exception]]:
    """Their contacts, locked against change until the claim is committed: the order against a STOP is decided here.
    Beside them what reading those raised that cannot be read."""
    rows = (await run(session, _CONTACTS, ids=sorted(members))).all()
    return read_each({row.member_id: row for row in rows}, _contact)


def read_each(stored: Mapping[UUID, S], read: Callable[[S], R]) -> tuple[dict[UUID, R], dict[UUID, Exception]]:
    """Each by itself, since one that this code cannot read is no reason to hold up the others; and what was raised."""
    found: dict[UUID, R] = {}
    faults: dict[UUID, Exception] = {}
    for key, value in stored.items():
        try:
            found[key] = read(value)
        except Exception as error:  # noqa: BLE001 - a bug of ours; its deliveries wait with an alarm
            faults[key] = error
    return found, faults


def _contact(row: Any) -> Contact:
    consents = {
        purpose: Grant(UUID(consent), granted, datetime.fromisoformat(at))
        for purpose, (consent, granted, at) in row.consents.items()
    }
    places = tuple(
        UnitPath(tuple(path), date.fromisoformat(since), date.fromisoformat(until) if until else None)
        for path, since, until in row.places
    )
    return Contact(**{**row._mapping, "consents": consents, "places": places})


async def known(
    session: AsyncSession, hashes: Sequence[str], members: Sequence[UUID], campaigns: Sequence[UUID]
) -> Known:
    """Asked after the contacts are locked, so that a STOP committed before is seen."""
    values = {"hashes": list(hashes), "members": list(members), "campaigns": list(campaigns)}
    rows = (await run(session, _FACTS, **values)).all()
    of: dict[str, list[Any]] = {}
    for row in rows:
        of.setdefault(row.kind, []).append(row)
    return Known(
        suppressed={row.a: row.at for row in of.get("suppressed", ())},
        bad=frozenset(row.a for row in of.get("bad", ())),
        stopped=bool(of.get("stopped")),
        versions={UUID(row.a): row.version for row in of.get("campaign", ())},
        took_part=frozenset((UUID(row.a), UUID(row.b)) for row in of.get("took_part", ())),
    )


async def campaigns(
    session: AsyncSession, wanted: Sequence[UUID]
) -> tuple[dict[UUID, CampaignEvent], dict[UUID, Exception]]:
    """The whole snapshots, and what reading those raised that cannot be read."""
    rows = (await run(session, _SNAPSHOTS, ids=list(wanted))).all()
    return read_each({row.campaign_id: row.snapshot for row in rows}, CampaignEvent.model_validate)


async def sending(session: AsyncSession, intents: Sequence[Intent], deadline: timedelta) -> int:
    """The record of intent: once this is committed the calls may be made. How many rows it met."""
    result = await run(
        session,
        _SENDING,
        deadline=deadline,
        ids=[item.due.delivery_id for item in intents],
        months=[item.due.month for item in intents],
        gens=[item.due.gen for item in intents],
        hashes=[item.address_hash for item in intents],
        consents=[item.consent_id for item in intents],
        senders=[item.sender for item in intents],
        addresses=[item.address for item in intents],
        marks=[item.mark for item in intents],
        parts=[item.parts for item in intents],
        encodings=[item.encoding for item in intents],
        suspects=[item.due.suspect for item in intents],
        sinces=[item.since for item in intents],
    )
    return result.rowcount


async def skipped(session: AsyncSession, refused: Sequence[tuple[Due, str]]) -> None:
    """Refused by the gate, with the reason."""
    ids, months = [due.delivery_id for due, _ in refused], [due.month for due, _ in refused]
    await run(session, _SKIPPED, ids=ids, months=months, reasons=[reason for _, reason in refused])


async def waiting(session: AsyncSession, waits: Sequence[tuple[Due, datetime, str]]) -> None:
    """Not now: due again at that moment."""
    await run(
        session,
        _WAITING,
        ids=[due.delivery_id for due, _, _ in waits],
        months=[due.month for due, _, _ in waits],
        untils=[until for _, until, _ in waits],
        whys=[why for _, _, why in waits],
    )
