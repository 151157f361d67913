"""One member imported, written to, answering, and erased: no byte of their name, number or address is left.

What Muster keeps lies under one folder: the databases with their WAL, Kafka's logs, the services' logs, their state.
The sandbox's journal plays the provider and the judge, and is left out.
"""

import secrets
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from contracts.topics import REPLIES
from muster_demo.staff import Staff
from sandbox.journal.lines import DELETIONS, SMS

from tests.chaos.house import OURS, House
from tests.e2e.places import Settings, own_stack, rows
from tests.erasure.canary import FAMILY, GIVEN, MAIL, NUMBER, WORDS, anywhere, sweep
from tests.members.roll_files import person, roll
from tests.support.facts import eventually

SERVICES = ("segmenter", "dispatch-sms", "dispatch-email", "ballot", "members")
OPTIONS = {"members": ("--compact", "--cut-replies"), "dispatch-sms": ("--provider",)}
CONSENT = {"consent_sms": "campaign;survey", "consent_wording": "2026-01", "consent_at": "2026-01-05"}
CSV = {"content-type": "text/csv"}
OTHERS = 12


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    settings: Settings = {"dispatch-sms": {"SMS_RATE_PER_SECOND": "50"}}
    secret = secrets.token_hex(32)
    async with own_stack(tmp_path, settings) as stack, Staff(stack, "organiser", secret) as staff:
        house = House(stack, settings, staff, secret)
        await house.found()
        yield house


def canary(body: str) -> dict[str, str]:
    names = {"given_name": GIVEN, "family_name": FAMILY, "mobile": NUMBER, "email": MAIL}
    return person("C-1", branch=body, **names, **CONSENT)


async def imported(house: House, body: str, *people: dict[str, str]) -> dict[str, Any]:
    """Checked and applied; how it stands then."""
    call, branch = house.staff.call, {"kind": "branch", "name": body, "parent": "chaos-union"}
    if not await rows(house.stack, "members", "SELECT 1 FROM bodies WHERE id = $1", body):
        await call("members", "PUT", f"/bodies/{body}", json=branch)
    sent = await call("members", "POST", "/imports", content=roll(people), headers=CSV)
    look = partial(house.staff.get, "members", f"/imports/{sent['import_id']}")
    made = await eventually(look, until=lambda found: found["state"] == "checked")
    assert made["rejected"] == (1 if len(people) > 1 else 0)
    await call("members", "POST", f"/imports/{made['import_id']}/apply")
    applied: dict[str, Any] = await eventually(look, until=lambda found: found["state"] == "applied")
    return applied


async def member_id(house: House) -> str:
    (row,) = await rows(house.stack, "members", "SELECT member_id FROM members WHERE membership_number = 'C-1'")
    return str(row["member_id"])


async def scribbled(house: House, key: str) -> None:
    """Something on `replies` that nobody can read, about the canary: it becomes a dead letter of each reader."""
    producer = AIOKafkaProducer(bootstrap_servers=house.stack.kafka.bootstrap)
    await producer.start()
    await producer.send_and_wait(REPLIES.name, f"STOP, says {GIVEN} {FAMILY}".encode(), key.encode())
    await producer.stop()
    query = "SELECT 1 FROM dead_letters WHERE $1 = ANY (subjects)"
    for service in ("members", "ballot", "dispatch-sms"):
        await eventually(partial(rows, house.stack, service, query, key), within=60)


def withdrawn(house: House) -> set[str]:
    """What the carrier was asked to delete."""
    return {line["reference"] for line in DELETIONS.lines(house.stack.journal) if line["what"] == "deleted"}


async def written_down(house: House) -> None:
    """Have the servers put on disk what they have in memory, statistics too."""
    for service in SERVICES:
        connection = await asyncpg.connect(house.stack.addresses.databases[service].replace("+asyncpg", ""))
        await connection.execute("ANALYZE")
        await connection.execute("CHECKPOINT")
        await connection.close()


async def test_no_byte_of_an_erased_member_is_left_anywhere_and_their_stop_is_in_force(house: House) -> None:
    stack, body = house.stack, "leeds"
    others = [person(f"O-{n}", branch=body, mobile=f"+4474000{n:04d}7", **CONSENT) for n in range(OTHERS)]
    done = await imported(house, body, canary(body), canary(body), *others)
    await house.known(body, OTHERS + 1)
    await house.settled(await house.campaign(body), OTHERS + 1)
    assert await house.sandbox.text([(NUMBER, OURS)], f"Count {GIVEN} {FAMILY} in") == 1
    assert await house.sandbox.text([(NUMBER, OURS)], "STOP") == 1
    erased = await member_id(house)
    await scribbled(house, erased)
    await eventually(lambda: rows(stack, "members", "SELECT 1 FROM consents WHERE NOT granted"), within=60)
    await written_down(house)

    before = anywhere(stack.root, aside=stack.journal)
    assert before.keys() == {"kafka", "postgres/data/base", "postgres/data/pg_wal"}
    assert {word for words in before.values() for word in words} == set(WORDS)

    async with house.at("members") as members:
        assert (await members.delete(f"/members/{erased}")).status_code == 204
    looked = await sweep(stack, "members", "--wait", "20")
    assert (looked.code, set(looked.left())) == (1, {"members", "replies"}), looked
    for service in SERVICES:
        swept = await sweep(stack, service, "--rewrite", *OPTIONS.get(service, ()))
        assert (swept.code, swept.left()) == (0, {}), swept

    query = "SELECT count(*) FROM import_people WHERE membership_number <> '' OR record <> '{}' OR rows <> '[]'"
    assert (await rows(stack, "members", query))[0][0] == 0
    stands = await house.staff.get("members", f"/imports/{done['import_id']}")
    assert (stands["state"], stands["applied"]["new"]) == ("applied", OTHERS + 1)

    copies = [line["to"] for line in SMS.lines(stack.journal) if line["reference"] in withdrawn(house)]
    assert copies == [NUMBER]

    await eventually(lambda: anywhere(stack.root, aside=stack.journal), within=240, every=1, until=lambda f: f == {})

    await imported(house, body, canary(body))
    assert await member_id(house) != erased
    await house.known(body, OTHERS + 1)
    again = await house.campaign(body)

    async def reason() -> list[str]:
        return [row["reason"] for row in await rows(stack, "dispatch-sms", _SKIPPED, again)]

    await eventually(reason, within=60, until=lambda seen: seen == ["suppressed"])
    assert all(line["to"] != NUMBER for line in await house.texts(again))


_SKIPPED = "SELECT reason FROM deliveries WHERE campaign_id = $1 AND state = 'skipped'"
