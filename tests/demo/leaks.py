"""Looking for the members of a roll where none of them may be found."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from muster_demo.roll import make_roll

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
        """Topics that are not personal, and logs, with what they hold and should not."""
        return [f"{where}: {kind}" for where, text in _texts(remains) for kind in self.kinds(text)]


def _texts(remains: Remains) -> Iterator[tuple[str, str]]:
    for topic, values in remains.topics.items():
        if not topic.personal:
            yield topic.name, b"\n".join(values).decode()
    yield from remains.logs.items()
