"""Looking for the members of a roll where none of them may be found."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from contracts.topics import Topic
from muster_demo.evidence import Record
from muster_demo.membership_roll import make_roll

from tests.demo.running import Remains

_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:\+44|0044|44|0)[ ]?740[0-2][ ]?\d{6}(?!\d)")


class Seeker:
    """Finds numbers, addresses and names of a made roll, percent-encoded ones too."""

    def __init__(self, members: int) -> None:
        people = make_roll(members).people
        names = {person.given_name for person in people} | {person.family_name for person in people}
        self._named = re.compile(rf"\b({'|'.join(sorted(names))})\b", re.IGNORECASE)

    def kinds(self, text: str) -> list[str]:
        """What is there: a number, an address, a name."""
        plain = unquote(unquote(text))
        found = {
            "number": _NUMBER.search(plain),
            "address": re.search(r"@example\.org", plain),
            "name": self._named.search(plain),
        }
        return [f"{kind} {match[0]}" for kind, match in found.items() if match]

    def leaks(self, remains: Remains) -> list[str]:
        """Where there is what should not be: topics and dead letters by part, logs, the command's output."""
        return [f"{where}: {kind}" for where, text in _texts(remains) for kind in self.kinds(text)]


def whole(records: Iterable[Record]) -> str:
    """Keys, headers and values of a topic."""
    return "\n".join(text for record in records for _, text in _parts(record))


def _parts(record: Record) -> Iterator[tuple[str, str]]:
    yield "key", record.key.decode(errors="replace")
    for name, said in record.headers:
        yield "header", f"{name}={said.decode(errors='replace')}"
    if record.value is not None:
        yield "value", record.value.decode(errors="replace")


def _texts(remains: Remains) -> Iterator[tuple[str, str]]:
    for topic, records in remains.topics.items():
        said = [(part, text) for record in records for part, text in _parts(record) if _is_for_all(topic, part)]
        for part in dict.fromkeys(part for part, _ in said):
            yield f"{topic.name} {part}", "\n".join(text for named, text in said if named == part)
    for letter in remains.letters:
        yield f"{letter.service} dead letter reason", letter.reason
        for part, text in _parts(letter.record):
            if letter.about_nobody or part == "key":
                yield f"{letter.service} dead letter {part}", text
    yield from remains.logs.items()
    yield "console", remains.ran.said


def _is_for_all(topic: Topic, part: str) -> bool:
    """Values of personal topics are what they are for. No key or header has a reason to name anybody. A dead letter
    about nobody is kept for 14 days whoever is erased: no part of it has."""
    return not topic.personal or part != "value"
