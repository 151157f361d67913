"""Named places to die at: armed by a setting only, and never in production."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from chassis.errors import Refused
from chassis.failpoints import KNOWN, parse
from dispatch_sms.settings import Settings
from pydantic import ValidationError

from tests.support.facts import eventually

_SOURCES = Path(__file__).parent.parent.parent
_PROGRAM = """
import sys
from pathlib import Path
from chassis.failpoints import arm, reach
arm(sys.argv[1], Path(sys.argv[2]))
for number in (1, 2, 3):
    print(number, flush=True)
    reach("sender.claimed")
"""


async def run(failpoint: str, folder: Path) -> asyncio.subprocess.Process:
    program = (sys.executable, "-c", _PROGRAM, failpoint, str(folder))
    return await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)


def hit(folder: Path) -> list[str]:
    log = folder / "failpoints.log"
    return log.read_text().split() if log.exists() else []


async def test_a_process_dies_at_the_reach_that_was_armed(tmp_path: Path) -> None:
    process = await run("sender.claimed=2", tmp_path)
    said, _ = await process.communicate()
    assert said.split() == [b"1", b"2"]
    assert process.returncode == -signal.SIGKILL
    assert hit(tmp_path) == ["sender.claimed"]


async def test_a_process_stands_still_until_it_is_told_to_go_on(tmp_path: Path) -> None:
    process = await run("sender.claimed=2:stop", tmp_path)
    await eventually(lambda: hit(tmp_path) == ["sender.claimed"])
    await eventually(lambda: _state(process.pid) == "T")
    process.send_signal(signal.SIGCONT)
    said, _ = await process.communicate()
    assert said.split() == [b"1", b"2", b"3"]
    assert process.returncode == 0


def _state(pid: int) -> str:
    """As the kernel gives it, T for stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def test_nothing_happens_at_a_place_that_is_not_armed(tmp_path: Path) -> None:
    process = await run("sender.answered=1", tmp_path)
    await process.communicate()
    assert process.returncode == 0
    assert hit(tmp_path) == []


@pytest.mark.parametrize("text", ["sender.claimde=1", "sender.claimed", "sender.claimed=0", "sender.claimed=1:wait"])
def test_what_no_code_reaches_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse(text)


def test_production_has_none() -> None:
    given = {name: os.urandom(24).hex() for name in _SECRETS}
    given |= {"environment": "production", "public_url": "https://sms.example.org"}
    given |= {"twilio_account_sid": "AC" + "0" * 32, "failpoints": "sender.claimed=1"}
    with pytest.raises(ValidationError, match="production has none"):
        Settings.model_validate(given)


_SECRETS = ("id_secret", "pseudonym_secret", "address_secret", "link_secret", "twilio_auth_token")


def test_every_known_place_is_reached_somewhere_and_no_other() -> None:
    sources = [*_SOURCES.glob("libs/*/src/**/*.py"), *_SOURCES.glob("services/*/src/**/*.py")]
    reached = [name for source in sources for name in re.findall(r'(?:reach\(|_commit=)"([^"]+)"', source.read_text())]
    assert set(reached) == KNOWN
    assert len(reached) == len(KNOWN)
