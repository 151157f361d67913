"""The requests that README shows work on an empty installation, exactly as shown."""

import re
from pathlib import Path

from members import app as members
from members.settings import Settings

from tests.support.world import World

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
START = re.compile(r"^(?=(?:PUT|POST) /)", re.MULTILINE)
REQUEST = re.compile(r"(?P<method>\S+) (?P<path>\S+)[^{]*?(?:Content-Type: (?P<kind>\S+)\s*)?(?P<body>\{.*)", re.DOTALL)


def shown() -> list[re.Match[str]]:
    """Each request: a line that begins with its method, headers, and JSON up to the next such line."""
    texts = [text for block in BLOCK.findall(README.read_text(encoding="utf-8")) for text in START.split(block)[1:]]
    found = [REQUEST.fullmatch(text) for text in texts]
    assert found
    assert None not in found, texts
    return [request for request in found if request]


async def test_what_is_shown_works_on_an_empty_installation(own_world: World) -> None:
    settings = own_world.settings(Settings)
    async with own_world.running(members.build, settings) as http:
        statuses = []
        for request in shown():
            headers = {"Content-Type": request["kind"] or "application/json"}
            answer = await http.request(request["method"], request["path"], content=request["body"], headers=headers)
            statuses.append((request["path"], answer.status_code, answer.text))
        assert [status for _, status, _ in statuses] == [201, 201, 202], statuses
