"""The processes that sign come back when they are killed, and never outlive the service."""

import asyncio
import sys
from multiprocessing import active_children
from pathlib import Path

from dispatch.provider import Accepted, NotSent, Outcome
from dispatch_email.provider.mail import Mail
from dispatch_email.provider.signing import Signer

from tests.dispatch_email.hostile import Hostile
from tests.dispatch_email.keys import SigningKeys
from tests.dispatch_email.letters import NOON, granted, outbound, settings
from tests.dispatch_email.test_message import raw
from tests.support.facts import eventually

_SERVICE = """
import asyncio, sys
from pathlib import Path
from dispatch_email.domain.signing_key import load
from dispatch_email.provider.signing import Signer

async def main():
    signer = Signer((load(Path(sys.argv[1]).read_text(), domain="x.example", selector="a"),), processes=2)
    await signer.sign(b"From: a@x.example\\r\\nSubject: b\\r\\n\\r\\nbody\\r\\n")
    print("signed", flush=True)
    await asyncio.sleep(600)

if __name__ == "__main__":
    asyncio.run(main())
"""


async def signers(of: int) -> set[int]:
    """Process ids of the signers that a process started."""
    rows = [line.split(None, 2) for line in await _processes("pid=,ppid=,args=")]
    return {int(row[0]) for row in rows if int(row[1]) == of and "spawn_main" in row[-1]}


async def running(pids: set[int]) -> set[int]:
    """Those of them that still run."""
    rows = [line.split() for line in await _processes("pid=,stat=")]
    return {int(pid) for pid, state, *_ in rows if int(pid) in pids and not state.startswith("Z")}


async def _processes(columns: str) -> list[str]:
    listing = await asyncio.create_subprocess_exec("ps", "-A", "-ww", "-o", columns, stdout=asyncio.subprocess.PIPE)
    return (await listing.communicate())[0].decode().splitlines()


async def test_a_killed_process_is_replaced(signing_keys: SigningKeys) -> None:
    signer = Signer(signing_keys.loaded("rsa"), processes=1)
    try:
        assert signing_keys.hold(await signer.sign(raw()))
        (child,) = active_children()
        child.kill()
        child.join()
        assert signing_keys.hold(await signer.sign(raw()))
    finally:
        signer.close()
    assert active_children() == []


async def test_without_a_signature_nothing_is_sent(signing_keys: SigningKeys) -> None:
    server = Hostile()
    async with server.serving():
        way = Mail(settings(server.port, **signing_keys.settings), lambda: NOON)
        outcomes = [await _with_its_signers_killed(way) for _ in range(3)]
        assert NotSent in [type(outcome) for outcome in outcomes], "each signer was faster than its killer"
        assert all(signing_keys.hold(body) for body in server.bodies)
        assert len(server.bodies) == sum(isinstance(outcome, Accepted) for outcome in outcomes)
        await way.close()


async def _with_its_signers_killed(way: Mail) -> Outcome:
    """Each as soon as it is there; on a machine that stalls one may have signed by then."""
    sending = asyncio.create_task(way.send(outbound(), granted))
    while not sending.done():
        for child in active_children():
            child.kill()
        await asyncio.sleep(0.001)
    return await sending


async def test_no_signer_outlives_a_killed_service(signing_keys: SigningKeys, tmp_path: Path) -> None:
    script, key = tmp_path / "service.py", tmp_path / "key.pem"
    script.write_text(_SERVICE)
    key.write_text(signing_keys.private["rsa"])
    service = await asyncio.create_subprocess_exec(sys.executable, script, key, stdout=asyncio.subprocess.PIPE)
    assert service.stdout is not None
    assert (await service.stdout.readline()).strip() == b"signed"
    children = await signers(service.pid)
    assert len(children) >= 1
    service.kill()
    await service.wait()
    await eventually(lambda: running(children), until=lambda left: not left)
