"""A member whose name, number and address occur nowhere else, and a look at every byte for them."""

import asyncio
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import orjson
from local_stack.stack import Stack

GIVEN, FAMILY, NUMBER, MAIL = "Zerubbabella", "Quillfeatherstone", "+447400987657", "zq-canary@example.org"
WORDS = (GIVEN, FAMILY, NUMBER.removeprefix("+44"), MAIL.partition("@")[0])
Places = dict[str, set[str]]


def anywhere(root: Path, *, aside: Path) -> Places:
    """Which of the words stand in which part of a folder, such as kafka or postgres/data/pg_wal."""
    found: Places = defaultdict(set)
    for path in root.rglob("*"):
        if not path.is_file() or path.is_relative_to(aside):
            continue
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # servers remove files, too
            continue
        for word in WORDS:
            if word.encode() in content:
                found[_part(path.relative_to(root))].add(word)
    return dict(found)


def _part(path: Path) -> str:
    return "/".join(path.parts[: 3 if path.parts[0] == "postgres" else 1])


@dataclass(frozen=True, slots=True)
class Swept:
    """What the command ended with and said."""

    code: int
    lines: list[dict[str, str]]
    error: str

    def left(self) -> dict[str, str]:
        """What it could not clear, by name."""
        return {line["name"]: line["left"] for line in self.lines if line["left"]}


async def sweep(stack: Stack, service: str, *options: str) -> Swept:
    """Run the command in the service's own environment."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chassis.cli", "erasure", "sweep", service, *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=stack.environment(service),
    )
    out, error = await process.communicate()
    return Swept(process.returncode or 0, [orjson.loads(line) for line in out.splitlines()], error.decode())
