"""What the dispatcher keeps of members, campaigns and participation. Versions never go back."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from chassis.db.statements import run
from contracts.campaigns import CampaignEvent, SendingStopped
from contracts.members import MemberErased
from dispatch.erasure import sql as erasure_sql
from dispatch.inbound.suppression_sql import ADDRESSES
from dispatch.projection.contact import Contact
from sqlmodel.ext.asyncio.session import AsyncSession

_REMEMBER = """
INSERT INTO contacts AS c (member_id, version, erased, status, given_name, family_name, language, time_zone, address,
    address_hash, usable, consents, places)
SELECT n.id, n.version, false, n.status, n.given, n.family, n.language, n.zone, n.address, n.hash, n.usable, n.consents,
    n.places
FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS integer[]), CAST(:statuses AS text[]), CAST(:givens AS text[]),
    CAST(:families AS text[]), CAST(:languages AS text[]), CAST(:zones AS text[]), CAST(:addresses AS text[]),
    CAST(:hashes AS text[]), CAST(:usables AS boolean[]), CAST(:consents AS jsonb[]), CAST(:places AS jsonb[]))
    AS n(id, version, status, given, family, language, zone, address, hash, usable, consents, places)
ORDER BY n.id
ON CONFLICT (member_id) DO UPDATE SET version = excluded.version, erased = false, status = excluded.status,
    given_name = excluded.given_name, family_name = excluded.family_name, language = excluded.language,
    time_zone = excluded.time_zone, address = excluded.address, address_hash = excluded.address_hash,
    usable = excluded.usable, consents = excluded.consents, places = excluded.places
WHERE c.version < excluded.version AND NOT c.erased
"""
_TRUST = """
DELETE FROM bad_addresses b USING unnest(CAST(:ids AS uuid[]), CAST(:versions AS integer[]), CAST(:hashes AS text[]),
    CAST(:consented AS timestamptz[])) AS n(id, version, hash, consented)
LEFT JOIN contacts c ON c.member_id = n.id
WHERE b.address_hash = n.hash AND (n.consented > b.at
    OR (NOT c.erased AND c.version < n.version AND c.address_hash IS DISTINCT FROM n.hash))
"""
_FORGET = """
INSERT INTO contacts AS c (member_id, version, erased, status)
SELECT n.id, n.version, true, 'erased' FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS integer[])) AS n(id, version)
ORDER BY n.id
ON CONFLICT (member_id) DO UPDATE SET version = greatest(c.version, excluded.version), erased = true, status = 'erased',
    given_name = '', family_name = '', language = '', time_zone = '', address = NULL, address_hash = NULL,
    usable = true, consents = '{}'::jsonb, places = '[]'::jsonb
"""
_CAMPAIGN = """
INSERT INTO campaigns AS c (campaign_id, version, state, poll_id, snapshot)
VALUES (:id, :version, :state, :poll, CAST(:snapshot AS jsonb))
ON CONFLICT (campaign_id) DO UPDATE SET version = excluded.version, state = excluded.state, poll_id = excluded.poll_id,
    snapshot = excluded.snapshot
WHERE c.version < excluded.version
"""
_STOP = """
INSERT INTO sending_stop AS s (id, version, stopped, reason, at) VALUES (1, :version, :stopped, :reason, :at)
ON CONFLICT (id) DO UPDATE SET version = excluded.version, stopped = excluded.stopped, reason = excluded.reason,
    at = excluded.at
WHERE s.version < excluded.version
"""
_TOOK_PART = """
INSERT INTO participation (member_id, poll_id)
SELECT n.member_id, n.poll_id FROM unnest(CAST(:members AS uuid[]), CAST(:polls AS uuid[])) AS n(member_id, poll_id)
WHERE NOT EXISTS (SELECT 1 FROM contacts c WHERE c.member_id = n.member_id AND c.erased)
ORDER BY 1, 2 ON CONFLICT DO NOTHING
"""
_ASK_AGAIN = """
DELETE FROM participation p USING unnest(CAST(:members AS uuid[]), CAST(:polls AS uuid[])) AS n(member_id, poll_id)
WHERE p.member_id = n.member_id AND p.poll_id = n.poll_id
"""


async def remember(session: AsyncSession, contacts: Sequence[Contact]) -> None:
    """Newest snapshots, one a member. An erased member stays erased. A member who changes to an address that the
    provider had called bad, or consents later to be written to there, is believed; another record with it is not."""
    await run(session, ADDRESSES.format(mode="_shared"))
    await run(
        session,
        _TRUST,
        ids=[item.member_id for item in contacts],
        versions=[item.version for item in contacts],
        hashes=[item.address_hash for item in contacts],
        consented=[_consented(item) for item in contacts],
    )
    await run(
        session,
        _REMEMBER,
        ids=[item.member_id for item in contacts],
        versions=[item.version for item in contacts],
        statuses=[item.status for item in contacts],
        givens=[item.given_name for item in contacts],
        families=[item.family_name for item in contacts],
        languages=[item.language for item in contacts],
        zones=[item.time_zone for item in contacts],
        addresses=[item.address for item in contacts],
        hashes=[item.address_hash for item in contacts],
        usables=[item.usable for item in contacts],
        consents=[orjson.dumps(_consents(item)).decode() for item in contacts],
        places=[orjson.dumps(_places(item)).decode() for item in contacts],
    )


def _consented(contact: Contact) -> datetime | None:
    return max((grant.at for grant in contact.consents.values() if grant.granted), default=None)


def _consents(contact: Contact) -> dict[str, list[object]]:
    return {purpose: [grant.consent_id, grant.granted, grant.at] for purpose, grant in contact.consents.items()}


def _places(contact: Contact) -> list[list[object]]:
    return [[place.path, place.since, place.until] for place in contact.places]


async def forget(session: AsyncSession, erased: Sequence[MemberErased]) -> None:
    """Leave only the ids, as markers. What the ledger holds of them is for `erasing`."""
    ids = [item.member_id for item in erased]
    await run(session, _FORGET, ids=ids, versions=[item.version for item in erased])
    await erasure_sql.note(session, ids)


async def store_campaign(session: AsyncSession, campaign: CampaignEvent) -> bool:
    """False: an older version than the one we have."""
    result = await run(
        session,
        _CAMPAIGN,
        id=campaign.campaign_id,
        version=campaign.version,
        state=campaign.state,
        poll=campaign.poll_id,
        snapshot=campaign.model_dump_json(),
    )
    return bool(result.rowcount)


async def store_stop(session: AsyncSession, stop: SendingStopped) -> bool:
    """The union-wide stop or its lifting; False: older than the one we have."""
    values = {"version": stop.version, "stopped": stop.stopped, "reason": stop.reason, "at": stop.at}
    return bool((await run(session, _STOP, **values)).rowcount)


async def store_participation(session: AsyncSession, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """(member, poll) pairs that are not to be asked again."""
    members, polls = [member for member, _ in pairs], [poll for _, poll in pairs]
    await run(session, _TOOK_PART, members=members, polls=polls)


async def drop_participation(session: AsyncSession, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """(member, poll) pairs that may be asked again: a later answer lets them be chased."""
    members, polls = [member for member, _ in pairs], [poll for _, poll in pairs]
    await run(session, _ASK_AGAIN, members=members, polls=polls)
