"""The key set on disk: replaced whole, read by the next start, and never in a caller's way."""

import asyncio
import json
from pathlib import Path

import pytest
from chassis.clock import Clock
from chassis.errors import Unavailable
from chassis.http.auth import Verifier

from tests.support.facts import eventually
from tests.support.tokens import Issuer


def verifier(cache: Path, jwks_url: str) -> Verifier:
    return Verifier(jwks_url, issuer="muster", audience="muster", cache=cache, clock=Clock(None))


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_the_key_set_on_disk_is_replaced_and_never_rewritten(issuer: Issuer, tmp_path: Path) -> None:
    """A reader in the middle of a refresh, or after a crash in it, finds the old file or the new one, whole."""
    cache, witness = tmp_path / "jwks.json", tmp_path / "witness.json"
    cache.write_text('{"keys": []}')
    witness.hardlink_to(cache)
    assert (await verifier(cache, issuer.jwks_url).verify(issuer.token())).client_id == "a-test-client"
    assert json.loads(cache.read_bytes()) == json.loads(issuer.key_set())
    assert witness.read_text() == '{"keys": []}'
    assert names_in(tmp_path) == {"jwks.json", "witness.json"}


async def test_a_start_without_access_reads_the_key_set_from_disk(issuer: Issuer, tmp_path: Path) -> None:
    cache, nobody = tmp_path / "state" / "jwks.json", "http://127.0.0.1:9/jwks.json"
    await verifier(cache, issuer.jwks_url).verify(issuer.token())
    assert (await verifier(cache, nobody).verify(issuer.token())).client_id == "a-test-client"
    cache.write_bytes(cache.read_bytes()[:20])
    with pytest.raises(Unavailable):
        await verifier(cache, nobody).verify(issuer.token())


async def test_without_a_key_set_no_caller_is_refused_for_good(issuer: Issuer, tmp_path: Path) -> None:
    """A 401 is final for the caller; a second request within seconds must not get one because keys are missing."""
    early = verifier(tmp_path / "jwks.json", "http://127.0.0.1:9/jwks.json")
    for _ in range(3):
        with pytest.raises(Unavailable):
            await early.verify(issuer.token())


async def test_a_caller_during_the_first_fetch_waits_for_it(tmp_path: Path) -> None:
    async with Slow().serving() as slow:
        cold = verifier(tmp_path / "jwks.json", slow.jwks_url)
        callers = await asyncio.gather(*(cold.verify(slow.token()) for _ in range(5)))
    assert [caller.client_id for caller in callers] == ["a-test-client"] * 5
    assert slow.asked == 1


async def test_a_caller_with_a_new_key_during_its_fetch_is_not_refused_for_good(issuer: Issuer, tmp_path: Path) -> None:
    cache = tmp_path / "jwks.json"
    cache.write_bytes(issuer.key_set())
    async with Slow().serving() as rotated:
        warm = verifier(cache, rotated.jwks_url)
        callers = await asyncio.gather(*(warm.verify(rotated.token()) for _ in range(5)))
    assert [caller.client_id for caller in callers] == ["a-test-client"] * 5
    assert rotated.asked == 1


async def test_a_cancelled_first_caller_does_not_affect_the_others(tmp_path: Path) -> None:
    async with Slow().serving() as slow:
        cold = verifier(tmp_path / "jwks.json", slow.jwks_url)
        first, second = (asyncio.create_task(cold.verify(slow.token())) for _ in range(2))
        await eventually(lambda: slow.asked)
        first.cancel()
        assert (await second).client_id == "a-test-client"


class Slow(Issuer):
    """Thinks before it answers, and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        await asyncio.sleep(0.3)
        await super()._answer(reader, writer)


async def test_a_disk_that_is_full_refuses_no_caller(issuer: Issuer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    caller = await verifier(tmp_path / "file" / "jwks.json", issuer.jwks_url).verify(issuer.token())
    assert caller.client_id == "a-test-client"
