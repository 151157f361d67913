"""What the dispatcher keeps of members, campaigns and participation. Versions never go back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import orjson
from chassis.db.rows import fields_of
from chassis.db.statements import run, run_many
from contracts.events.campaigns import CampaignEvent
from contracts.events.members import MemberErased
from dispatch.erasure import sql as erasure_sql
from dispatch.inbound import address_holds_sql
from dispatch.inbound.suppression_sql import ADDRESSES
from dispatch.projection.contact import Contact
from sqlmodel.ext.asyncio.session import AsyncSession

_REMEMBER = """
INSERT INTO contacts AS c (member_id, version, status, given_name, family_name, language, time_zone, address,
    address_hash, usable, consents, places)
SELECT member_id, version, status, given_name, family_name, language, time_zone, address, address_hash, usable,
    consents, places
FROM json_populate_recordset(NULL::contacts, CAST(:rows AS json)) ORDER BY member_id
ON CONFLICT (member_id) DO UPDATE SET version = excluded.version, erased = false, status = excluded.status,
    given_name = excluded.given_name, family_name = excluded.family_name, language = excluded.language,
    time_zone = excluded.time_zone, address = excluded.address, address_hash = excluded.address_hash,
    usable = excluded.usable, consents = excluded.consents, places = excluded.places
WHERE c.version < excluded.version AND NOT c.erased
"""
_TRUST = """
DELETE FROM bad_addresses b
USING json_to_recordset(CAST(:rows AS json)) AS n(member_id uuid, version integer, address_hash text,
    consented timestamptz)
LEFT JOIN contacts c USING (member_id)
WHERE b.address_hash = n.address_hash AND (n.consented > b.at
    OR (NOT c.erased AND c.version < n.version AND c.address_hash IS DISTINCT FROM n.address_hash))
"""
_FORGET = """
INSERT INTO contacts AS c (member_id, version, erased, status)
SELECT n.member_id, n.version, true, 'erased' FROM json_populate_recordset(NULL::contacts, CAST(:rows AS json)) AS n
ORDER BY n.member_id
ON CONFLICT (member_id) DO UPDATE SET version = greatest(c.version, excluded.version), erased = true, status = 'erased',
    given_name = '', family_name = '', language = '', time_zone = '', address = NULL, address_hash = NULL,
    usable = true, consents = '{}'::jsonb, places = '[]'::jsonb
"""
_CAMPAIGN = """
INSERT INTO campaigns AS c (campaign_id, version, state, poll_id, snapshot, senders)
VALUES (:id, :version, :state, :poll, CAST(:snapshot AS jsonb), CAST(:senders AS jsonb))
ON CONFLICT (campaign_id) DO UPDATE SET version = excluded.version, state = excluded.state, poll_id = excluded.poll_id,
    snapshot = excluded.snapshot, senders = excluded.senders
WHERE c.version < excluded.version
"""
_REMOVE_CAMPAIGN = ("DELETE FROM campaigns WHERE campaign_id = :id", "DELETE FROM stops WHERE scope = :id")
_TOOK_PART = """
INSERT INTO participation (member_id, poll_id)
SELECT n.member_id, n.poll_id FROM json_populate_recordset(NULL::participation, CAST(:rows AS json)) AS n
WHERE NOT EXISTS (SELECT 1 FROM contacts c WHERE c.member_id = n.member_id AND c.erased)
ORDER BY n.member_id, n.poll_id ON CONFLICT DO NOTHING
"""
_ASK_AGAIN = """
DELETE FROM participation p USING json_populate_recordset(NULL::participation, CAST(:rows AS json)) AS n
WHERE p.member_id = n.member_id AND p.poll_id = n.poll_id
"""


async def remember(session: AsyncSession, contacts: Sequence[Contact]) -> None:
    """Newest snapshots, one a member. An erased member stays erased. A member who changes to an address that the
    provider had called bad, or consents later to be written to there, is believed; another record with it is not."""
    rows = [
        fields_of(item) | {"consents": _consents(item), "places": _places(item), "consented": _consented(item)}
        for item in contacts
    ]
    await run(session, ADDRESSES.format(mode="_shared"))
    await run_many(session, _TRUST, rows)
    await run_many(session, _REMEMBER, rows)


def _consented(contact: Contact) -> datetime | None:
    return max((grant.at for grant in contact.consents.values() if grant.granted), default=None)


def _consents(contact: Contact) -> dict[str, list[object]]:
    return {purpose: [grant.consent_id, grant.granted, grant.at] for purpose, grant in contact.consents.items()}


def _places(contact: Contact) -> list[list[object]]:
    return [[place.path, place.since, place.until] for place in contact.places]


async def forget(session: AsyncSession, erased: Sequence[MemberErased]) -> None:
    """Leave only the ids, as markers. What the ledger holds of them is left to `erasure`."""
    ids = [item.member_id for item in erased]
    await run(session, ADDRESSES.format(mode="_shared"))  # before the rows of single ones, as everywhere
    await address_holds_sql.forget_words(session, ids)
    await run_many(session, _FORGET, [{"member_id": item.member_id, "version": item.version} for item in erased])
    await erasure_sql.note(session, ids)


async def store_campaign(session: AsyncSession, campaign: CampaignEvent, senders: Mapping[str, str]) -> None:
    """Nothing changes by an older version than the stored one. `senders`: by body, as in the table."""
    values = {"id": campaign.campaign_id, "version": campaign.version, "state": campaign.state}
    snapshot = campaign.model_dump_json()
    values |= {"poll": campaign.poll_id, "senders": orjson.dumps(senders).decode()}
    await run(session, _CAMPAIGN, **values, snapshot=snapshot)


async def remove_campaign(session: AsyncSession, campaign_id: UUID) -> None:
    """One that the segmenter no longer keeps, with its stops."""
    for statement in _REMOVE_CAMPAIGN:
        await run(session, statement, id=campaign_id)


async def store_participation(session: AsyncSession, pairs: Collection[tuple[UUID, UUID]]) -> None:
    """(member, poll) pairs that are not to be asked again."""
    await run_many(session, _TOOK_PART, _participation(pairs))


async def drop_participation(session: AsyncSession, pairs: Collection[tuple[UUID, UUID]]) -> None:
    """(member, poll) pairs that may be asked again, after a later answer."""
    await run_many(session, _ASK_AGAIN, _participation(pairs))


def _participation(pairs: Collection[tuple[UUID, UUID]]) -> list[dict[str, UUID]]:
    return [{"member_id": member, "poll_id": poll} for member, poll in pairs]
