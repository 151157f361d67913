"""docs/retention.md, written from what the services declare: `python -m tests.retention.page` writes it."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from chassis.retention.spans import Span
from contracts.topics import ALL, Topic

from tests.architecture.rooms import ROOT

PAGE = ROOT / "docs" / "retention.md"
SPANS = {
    "access": "access.spans",
    "members": "members.models.spans",
    "segmenter": "segmenter.models.spans",
    "dispatch_sms": "dispatch.models.spans",
    "dispatch_email": "dispatch_email.models",
    "ballot": "ballot.spans",
}
"""Where each service declares them."""
_START, _END = "<!-- from the code: spans -->", "<!-- end -->"


def spans_of(service: str) -> Sequence[Span]:
    found: Sequence[Span] = import_module(SPANS[service]).SPANS
    return found


def settings_of(service: str) -> Any:
    return import_module(f"{service}.settings").Settings


def page() -> str:
    """The page as it should be: the text around the tables is its own."""
    before, _, rest = PAGE.read_text().partition(_START)
    after = rest.partition(_END)[2]
    return "\n".join((f"{before}{_START}", "", *_tables(), "", f"{_END}{after}"))


def _tables() -> Iterator[str]:
    shared = import_module("chassis.retention.spans").CHASSIS
    dispatchers = spans_of("dispatch_sms")
    yield from _table("Every service", "members", shared)
    for service in ("members", "segmenter", "ballot"):
        yield from _table(service, service, [span for span in spans_of(service) if span not in shared])
    yield from _table("Every dispatcher", "dispatch_sms", [span for span in dispatchers if span not in shared])
    own = [span for span in spans_of("dispatch_email") if span not in dispatchers]
    yield from _table("dispatch-email", "dispatch_email", own)
    yield from ("### Topics", "", "| topic | kept | why |", "|---|---|---|")
    yield from (f"| `{topic.name}` | {_kept(topic)} | {topic.kept} |" for topic in ALL)


def _table(title: str, service: str, spans: Sequence[Span]) -> Iterator[str]:
    yield from (f"### {title}", "", "| table | kept | setting | why |", "|---|---|---|---|")
    yield from (_row(service, span) for span in spans)
    yield ""


def _row(service: str, span: Span) -> str:
    if not span.setting:
        return f"| `{span.table}` | {span.kept} | – | {span.why} |"
    days = settings_of(service).model_fields[span.setting].default
    return f"| `{span.table}` | {span.kept.format(days=days)} | `{span.setting.upper()}` | {span.why} |"


def _kept(topic: Topic) -> str:
    return f"{topic.retention.days} days" if topic.retention else "compacted"


if __name__ == "__main__":
    PAGE.write_text(page())
