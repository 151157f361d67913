"""Which texts are held in memory, and in which order."""

from pathlib import Path

from sandbox.carrier.text import sent_text
from sandbox.carrier.text_store import TextStore
from sandbox.journal.journal import Journal
from sandbox.journal.lines import SentText

from tests.sandbox.running_sandbox import SENDER


async def test_only_the_newest_texts_are_held_and_pages_still_join(tmp_path: Path) -> None:
    journal, texts = Journal(tmp_path, fsync=False), TextStore(kept=100)
    for number in range(350):
        line: SentText = {
            "reference": f"SM{number}",
            "to": f"+4477009001{number % 2:02}",
            "from": SENDER,
            "body": str(number),
            "parts": 1,
            "at": "2026-01-01T00:00:00.000000+00:00",
            "delivery_id": None,
            "gen": None,
            "callback": None,
            "service": None,
        }
        texts.add(sent_text(journal.sms.append(line), line))
    assert 100 <= len(texts) <= 111
    held = list(texts.newest_first())
    assert [text.body for text in held] == [str(number) for number in range(349, 349 - len(held), -1)]
    assert list(texts.newest_first(before=held[9].number)) == held[10:]
    assert [text.body for text in texts.newest_first(to="+447700900101")] == [
        text.body for text in held if int(text.body) % 2
    ]
    assert texts.find("SM0") is None
    journal.close()
