"""Processes that the stack starts, and that never outlive it."""

import os
import signal
import sys
from pathlib import Path

import pytest
from local_stack.processes import Child, Command, Failed, run

from tests.support.facts import eventually

_PARENT = """
import asyncio, sys
from pathlib import Path
from local_stack.processes import Child, Command
async def main():
    child = await Child.start(Command("sleeper", ("sleep", "600"), Path(sys.argv[1])))
    print(child.pid, flush=True)
    await child.wait()
asyncio.run(main())
"""


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    said = tmp_path / "parent.log"
    parent = await Child.start(Command("parent", (sys.executable, "-c", _PARENT, str(tmp_path / "log")), said))
    pid = int(await eventually(lambda: said.read_text().strip()))
    assert _alive(pid)
    parent.send(signal.SIGKILL)
    await parent.wait()
    await eventually(lambda: not _alive(pid))


async def test_a_child_that_does_not_listen_is_ended_after_the_grace(tmp_path: Path) -> None:
    script = "trap '' TERM; echo deaf; while true; do sleep 0.05; done"
    child = await Child.start(Command("deaf", ("sh", "-c", script), tmp_path / "log"))
    await eventually(lambda: "deaf" in (tmp_path / "log").read_text())
    await child.stop(grace_seconds=0.1)
    assert child.returncode == -signal.SIGKILL


async def test_stopping_ends_the_whole_group(tmp_path: Path) -> None:
    child = await Child.start(Command("family", ("sh", "-c", "sleep 600 & echo $!; wait"), tmp_path / "log"))
    grandchild = int(await eventually(lambda: (tmp_path / "log").read_text().strip()))
    await child.stop()
    await eventually(lambda: not _alive(grandchild))


async def test_a_failed_command_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="the very reason"):
        await run(Command("broken", ("sh", "-c", "echo the very reason; exit 3"), tmp_path / "log"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_a_process_of_another_user_still_ends_with_us(tmp_path: Path) -> None:
    child = await Child.start(Command("nobody", ("sh", "-c", "id -un; sleep 600"), tmp_path / "log", user="nobody"))
    assert (await eventually(lambda: (tmp_path / "log").read_text().strip())) == "nobody"
    await child.stop()
    assert child.returncode == -signal.SIGTERM
