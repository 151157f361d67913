"""What no file of ours may promise: no provider takes an idempotency key (docs/reliability.md, what is not claimed)."""

import re
import subprocess
from pathlib import Path

_REPOSITORY = Path(__file__).parent.parent.parent
_PROMISE = re.compile(rb"exactly[\s_-]+" + rb"once", re.IGNORECASE)
"""In two pieces, since this file is looked at too."""


def test_no_file_promises_what_nobody_can_keep() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=_REPOSITORY, capture_output=True, check=True).stdout
    files = [_REPOSITORY / name for name in listed.decode().split("\0") if name]
    assert len(files) > 500
    assert [str(file) for file in files if file.is_file() and _PROMISE.search(file.read_bytes())] == []
