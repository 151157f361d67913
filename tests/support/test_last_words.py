"""A failure says what the processes around it said last."""

import os
import subprocess
import sys
from pathlib import Path

_REPOSITORY = Path(__file__).parents[2]
_FAILS = """\
def test_it(tmp_path):
    print("said in process")
    (tmp_path / "members.log").write_text("said by a process\\n")
    assert False
"""


def test_a_failure_on_a_worker_shows_the_ends_of_logs(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(_FAILS)
    argv = (
        sys.executable,
        "-m",
        "pytest",
        "-n1",
        "-p",
        "tests.support.last_words",
        "-p",
        "no:schemathesis",
        "test_it.py",
    )
    environment = os.environ | {"PYTHONPATH": str(_REPOSITORY)}
    done = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "said in process" in done.stdout
    assert "members.log" in done.stdout
    assert "said by a process" in done.stdout
