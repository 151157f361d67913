"""The claim: due rows are locked, judged outside, and written back in the same transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from chassis.db.rows import fields_of
from chassis.db.statements import run, run_many
from contracts.events.campaigns import CampaignEvent
from contracts.stop_orders import ALL_SENDING
from dispatch.brake.sql import CLAIMING, stopped
from dispatch.ledger.passed_sql import LATER, shortened
from dispatch.projection.contact import Contact, Grant, UnitPath
from dispatch.sending.gate.facts import Due
from sqlmodel.ext.asyncio.session import AsyncSession

S = TypeVar("S")
R = TypeVar("R")
_DUE = f"""
SELECT d.*
FROM (SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS n(sender text, rows integer) WHERE {CLAIMING}) n
CROSS JOIN LATERAL (
    SELECT delivery_id, month, campaign_id, step, member_id, member_version, expires_at, admitted_at, gen, merge,
        sender, urgent, branch, region, coalesce(waiting_for = 'recovery', false) AS suspect
    FROM deliveries WHERE state = 'requested' AND due AND sender = n.sender
    ORDER BY urgent DESC, place LIMIT n.rows FOR UPDATE SKIP LOCKED) d
"""  # noqa: S608 - texts of ours
_APPLIED = """
SELECT topic, clock_timestamp() - min(through) AS ago FROM applied GROUP BY topic HAVING count(*) = max(partitions)
"""
_CONTACTS = """
SELECT member_id, version, erased, status, given_name, family_name, language, time_zone, address, address_hash, usable,
    consents, places
FROM contacts WHERE member_id = ANY(CAST(:ids AS uuid[])) ORDER BY member_id FOR SHARE
"""
_FACTS = """
SELECT 'suppressed' AS kind, address_hash AS a, '' AS b, since AS at, 0 AS version FROM suppressions
    WHERE lifted_at IS NULL AND address_hash = ANY(CAST(:hashes AS text[]))
UNION ALL SELECT 'bad', address_hash, '', at, 0 FROM bad_addresses WHERE address_hash = ANY(CAST(:hashes AS text[]))
UNION ALL SELECT 'on_hold', address_hash, '', since, 0 FROM address_holds
    WHERE address_hash = ANY(CAST(:hashes AS text[]))
UNION ALL SELECT 'stopped', '', '', NULL, 0 WHERE {everything_stopped}
UNION ALL SELECT 'stopped', n.id::text, '', NULL, 0 FROM unnest(CAST(:campaigns AS uuid[])) AS n(id)
    WHERE {campaign_stopped}
UNION ALL SELECT 'campaign', campaign_id::text, '', NULL, version FROM campaigns
    WHERE campaign_id = ANY(CAST(:campaigns AS uuid[]))
UNION ALL SELECT 'took_part', p.member_id::text, c.campaign_id::text, NULL, 0
    FROM campaigns c JOIN participation p ON p.poll_id = c.poll_id AND p.member_id = ANY(CAST(:members AS uuid[]))
    WHERE c.campaign_id = ANY(CAST(:campaigns AS uuid[]))
""".format(everything_stopped=stopped(f"'{ALL_SENDING}'"), campaign_stopped=stopped("n.id"))  # noqa: S608 - texts of ours
_SNAPSHOTS = "SELECT campaign_id, snapshot FROM campaigns WHERE campaign_id = ANY(CAST(:ids AS uuid[]))"
_SENDING = """
WITH n AS (
    SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS n(delivery_id uuid, month date, gen integer,
        address_hash text, consent_id uuid, sender text, address text, mark bytea, parts smallint, encoding text,
        suspect boolean, since timestamptz)
), claimed AS (
    UPDATE deliveries d SET state = 'sending', due = false, gen = d.gen + 1, rev = {rev},
        deadline = clock_timestamp() + CAST(:deadline AS interval), waiting_for = NULL,
        address_hash = n.address_hash, consent_id = n.consent_id, parts = n.parts, encoding = n.encoding,
        looks = 0, look_at = NULL, reason = '', code = '',
        permitted = CASE WHEN n.suspect THEN d.gen + 1 ELSE d.permitted END,
        passed = {passed}
            || jsonb_build_array(jsonb_build_array({rev}, 'sending', d.gen + 1, clock_timestamp()))
    FROM n WHERE d.delivery_id = n.delivery_id AND d.month = n.month AND d.gen = n.gen AND d.state = 'requested'
    RETURNING d.delivery_id, d.gen, d.month, d.deadline
), put_off AS (
    DELETE FROM attempts a USING claimed c WHERE c.gen > 30 AND a.delivery_id = c.delivery_id
        AND a.gen > 10 AND a.gen < c.gen - 20 AND a.outcome = 'not_sent' AND a.reference IS NULL
)
INSERT INTO attempts (delivery_id, gen, month, t_send, deadline, sender, address, mark)
SELECT c.delivery_id, c.gen, c.month,
    coalesce(n.since, CASE WHEN n.suspect THEN (SELECT min(since) FROM recoveries) END, clock_timestamp()),
    c.deadline, n.sender, n.address, n.mark
FROM claimed c JOIN n USING (delivery_id)
""".replace("{rev}", f"greatest(d.rev + 1, CASE WHEN d.waiting_for = 'recovery' THEN {LATER} END)").replace(
    "{passed}", shortened("d.passed")
)
"""Of a long outage, in which nothing was sent, the first and the last attempts are kept: the rows would otherwise grow
for hours."""
_WAITING = """
UPDATE deliveries d SET due = false, not_before = n.not_before,
    waiting_for = CASE WHEN d.waiting_for = 'recovery' THEN 'recovery' ELSE n.waiting_for END
FROM json_populate_recordset(NULL::deliveries, CAST(:rows AS json)) AS n
WHERE d.delivery_id = n.delivery_id AND d.month = n.month AND d.state = 'requested'
"""


class Share(NamedTuple):
    """What one sender is claimed for: at most so many rows and, beyond the first, units of cost."""

    sender: str
    rows: int
    units: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says about the addresses, members and campaigns of a claim."""

    suppressed: dict[str, datetime]
    on_hold: frozenset[str]
    bad: frozenset[str]
    stopped: frozenset[UUID]
    """Campaigns, or `ALL_SENDING`."""
    versions: dict[UUID, int]
    took_part: frozenset[tuple[UUID, UUID]]
    """(member, campaign) pairs."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is written before a call: the delivery, the attempt, and how to recognise the message later."""

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
    """Parts and encoding. Known before the call, for a receipt that overtakes the answer does not have them."""
    since: datetime | None = None
    """Of a suspect: from when on it may have been sent, if this process knows it; else the ledger does."""

    @property
    def row(self) -> dict[str, object]:
        """All of it by the names of columns; without the merge values, which are not written again."""
        return fields_of(self.due) | fields_of(self) | {"due": None, "merge": None}

    @property
    def key(self) -> tuple[UUID, int, str, UUID]:
        """What 'one address gets one message' is unique on."""
        return (self.due.campaign_id, self.due.step, self.address_hash, self.slot)


async def due(session: AsyncSession, shares: Iterable[Share]) -> list[Due]:
    """Lock due rows that no other claim has locked, of each sender urgent ones first, lanes in turn."""
    rows = [share._asdict() for share in shares]
    return [Due(**row._mapping) for row in await run_many(session, _DUE, rows)]


async def applied(session: AsyncSession) -> dict[str, timedelta]:
    """How long ago each topic was last applied to its end; left out where it never was. Asked before the contacts and
    campaigns: what was applied then is seen in them."""
    return {row.topic: row.ago for row in await run(session, _APPLIED)}


async def contacts(session: AsyncSession, members: Sequence[UUID]) -> tuple[dict[UUID, Contact], dict[UUID, Exception]]:
    """Their contacts, locked against change until the claim is committed: the order against a STOP is decided here.
    And for those that cannot be read, the error."""
    rows = (await run(session, _CONTACTS, ids=sorted(members))).all()
    return read_each({row.member_id: row for row in rows}, _contact)


def read_each(stored: Mapping[UUID, S], read: Callable[[S], R]) -> tuple[dict[UUID, R], dict[UUID, Exception]]:
    """Each by itself, since one that cannot be read must not hold up the others; and the errors."""
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
        on_hold=frozenset(row.a for row in of.get("on_hold", ())),
        bad=frozenset(row.a for row in of.get("bad", ())),
        stopped=frozenset(UUID(row.a) if row.a else ALL_SENDING for row in of.get("stopped", ())),
        versions={UUID(row.a): row.version for row in of.get("campaign", ())},
        took_part=frozenset((UUID(row.a), UUID(row.b)) for row in of.get("took_part", ())),
    )


async def campaigns(
    session: AsyncSession, wanted: Sequence[UUID]
) -> tuple[dict[UUID, CampaignEvent], dict[UUID, Exception]]:
    """The whole snapshots, and for those that cannot be read, the error."""
    rows = (await run(session, _SNAPSHOTS, ids=list(wanted))).all()
    return read_each({row.campaign_id: row.snapshot for row in rows}, CampaignEvent.model_validate)


async def sending(session: AsyncSession, intents: Sequence[Intent], deadline: timedelta) -> int:
    """The record of intent: once this is committed the calls may be made. How many rows it met."""
    return (await run_many(session, _SENDING, [item.row for item in intents], deadline=deadline)).rowcount


async def waiting(session: AsyncSession, waits: Sequence[tuple[Due, datetime, str]]) -> None:
    """Not now: due again at that moment."""
    rows = [
        {"delivery_id": due.delivery_id, "month": due.month, "not_before": until, "waiting_for": why}
        for due, until, why in waits
    ]
    await run_many(session, _WAITING, rows)
