"""members' database restored from a backup: it continues above the topic's versions, and three things are not undone.

A backup is a copy of the real database, made before what follows; who listens is the real segmenter.
"""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from contracts import topics
from contracts.event import Received
from contracts.events.members import MemberChanged, MemberErased
from members import app as members
from members.settings import Settings
from segmenter import app as segmenter
from segmenter.settings import Settings as SegmenterSettings

from tests.chassis.muster import Said, muster
from tests.support.facts import eventually
from tests.support.world import World

SMS = {"channel": "sms", "purposes": ["campaign"], "source": "form", "wording_version": "1"}
YES, NO = SMS | {"granted": True, "at": "2026-01-05T10:00:00Z"}, SMS | {"granted": False, "at": "2026-02-05T10:00:00Z"}


async def rows(url: str, query: str, *values: Any) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


async def joined(http: httpx.AsyncClient, name: str) -> str:
    given = {
        "membership_number": name,
        "given_name": name,
        "family_name": "Ng",
        "consents": [YES],
        "sensitive_interests": ["disabled-members"],
    }
    answer = await http.post("/members", json=given)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["member_id"])


async def patched(http: httpx.AsyncClient, member_id: str, **given: Any) -> int:
    tag = (await http.get(f"/members/{member_id}")).headers["etag"]
    answer = await http.patch(f"/members/{member_id}", json=given, headers={"if-match": tag})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["version"])


async def published(world: World, **versions: int) -> None:
    """Until the topic holds these versions of these members."""
    wanted = {(UUID(member_id), version) for member_id, version in versions.items()}

    def there(found: list[Received]) -> bool:
        events = [one.event for one in found]
        return wanted <= {
            (event.member_id, event.version) for event in events if isinstance(event, MemberChanged | MemberErased)
        }

    await world.received(topics.MEMBERS, there, within=60)


@pytest.fixture
def settings(own_world: World) -> Settings:
    return own_world.settings(Settings)


async def audited(world: World, settings: Settings, *options: str) -> tuple[Said, dict[str, tuple[list[str], int]]]:
    """Runs the command: members and how many were mended, by kind of difference."""
    own = {name: value for name, value in world.secrets.items() if not name.startswith("TWILIO")}
    own |= {"ENVIRONMENT": "test"}
    said = await muster(settings, "topics", "audit", "members", *options, also=own)
    assert "Traceback" not in said.error, said.error
    return said, {line["standing"]: (line["members"], line["mended"]) for line in said.lines}


async def test_16_a_restored_database_goes_on_above_the_topic_and_brings_back_neither_the_erased_nor_consent(
    own_world: World, settings: Settings
) -> None:
    server, url = own_world.databases.server, settings.database_url
    name = url.rsplit("/", 1)[1]
    async with own_world.running(members.build, settings) as http:
        renamed, withdrew, erased, left, same = [await joined(http, each) for each in ("A", "B", "C", "D", "E")]
        await published(own_world, **dict.fromkeys((renamed, withdrew, erased, left, same), 1))
    backup = await server.database(f"{name}_backup", template=name)
    async with own_world.running(members.build, settings) as http:
        assert await patched(http, renamed, given_name="Wrong", sensitive_interests=[]) == 2
        assert await patched(http, renamed, family_name="Wrong") == 3
        assert (await http.post(f"/members/{withdrew}/consents", json=NO)).status_code == 200
        assert (await http.delete(f"/members/{erased}")).status_code == 204
        assert await patched(http, left, status="deceased") == 2
        late = await joined(http, "F")
        await published(own_world, **{renamed: 3, withdrew: 2, erased: 2, left: 2, late: 1})
    restored = settings.model_copy(update={"database_url": backup})
    by_command = settings.model_copy(
        update={"database_url": await server.database(f"{name}_2", template=f"{name}_backup")}
    )

    said, found = await audited(own_world, restored)
    assert said.code == 1
    assert {kind: set(ids) for kind, (ids, _) in found.items()} == {
        "behind": {renamed, withdrew, left},
        "resurrected": {erased},
        "unknown": {late},
    }

    reader = own_world.settings(SegmenterSettings)

    async def known() -> dict[str, tuple[int, str, str]]:
        query = "SELECT member_id, version, given_name, status FROM members"
        return {str(row[0]): (row[1], row[2], row[3]) for row in await rows(reader.database_url, query)}

    async with (
        own_world.running(segmenter.build, reader),
        own_world.running(members.build, restored) as http,
    ):
        wanted = {
            renamed: (4, "A", "active"),
            withdrew: (3, "B", "active"),
            left: (3, "D", "deceased"),
            same: (1, "E", "active"),
            late: (1, "F", "active"),
        }
        await eventually(known, within=60, until=lambda seen: wanted.items() <= seen.items())
        assert (await known())[erased][1:] == ("", "erased")
        query = "SELECT granted FROM consents WHERE member_id = $1"
        assert [row["granted"] for row in await rows(reader.database_url, query, UUID(withdrew))] == [False]

        async def interests() -> list[list[str]]:
            query = "SELECT interests FROM sensitive_interests WHERE member_id = $1"
            return [row["interests"] for row in await rows(reader.database_url, query, UUID(renamed))]

        await eventually(interests, until=lambda seen: seen == [["disabled-members"]])  # from a topic of their own
        assert (await http.get(f"/members/{erased}")).status_code == 404
        assert await patched(http, renamed, given_name="Anne") == 5
        await eventually(known, within=60, until=lambda seen: seen[renamed] == (5, "Anne", "active"))

        said, found = await audited(own_world, restored)
        assert (said.code, found) == (1, {"unknown": ([late], 0)})
        said, found = await audited(own_world, restored, "--mend", "--withdraw-unknown")
        assert (said.code, found) == (0, {"unknown": ([late], 1)})
        await eventually(known, within=60, until=lambda seen: seen[late][2] == "erased")
        said, found = await audited(own_world, restored)
        assert (said.code, found) == (0, {})

    # A second copy, mended by command alone, and with a version that never left it.
    await rows(by_command.database_url, "UPDATE members SET version = 2 WHERE member_id = $1", UUID(same))
    said, found = await audited(own_world, by_command, "--mend")
    assert {kind: (len(ids), mended) for kind, (ids, mended) in found.items()} == {
        "behind": (3, 3),
        "resurrected": (1, 1),
        "unmarked": (1, 1),
        "untold": (1, 1),
    }
    assert await rows(by_command.database_url, "SELECT 1 FROM erased WHERE member_id = $1", UUID(late))
    versions = {
        str(row[0]): row[1] for row in await rows(by_command.database_url, "SELECT member_id, version FROM members")
    }
    assert versions == {renamed: 6, withdrew: 4, left: 4, same: 3}


async def test_a_database_that_was_not_restored_says_nothing_of_its_own_again(
    own_world: World, settings: Settings
) -> None:
    async with own_world.running(members.build, settings) as http:
        ann = await joined(http, "A")
        assert await patched(http, ann, given_name="Anne") == 2
        await published(own_world, **{ann: 2})
        own = members.build(settings).subscriptions[-1].group
        query = "SELECT sum(next_offset) FROM consumed WHERE consumer_group = $1 AND topic = 'members'"
        ends = len(await own_world.raw(topics.MEMBERS))
        await eventually(
            lambda: rows(settings.database_url, query, own),
            within=60,
            until=lambda found: (found[0][0] or 0) >= ends,
        )
        assert await patched(http, ann, given_name="Ann") == 3
        await published(own_world, **{ann: 3})
    said = [one for one in await own_world.read(topics.MEMBERS, 3) if isinstance(one, MemberChanged)]
    assert [one.version for one in said] == [1, 2, 3]
    assert (await audited(own_world, settings))[0].code == 0
