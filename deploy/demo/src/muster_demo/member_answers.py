"""How members answer: decided by the digits of their number, or by the id of their delivery."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from email import message_from_string
from email.policy import default
from pathlib import Path

from sandbox.journal.lines import EMAIL, SMS

_FAILING_ENDINGS = ("03", "05", "06")
"""The sandbox does not deliver texts to these (outcome_by_number), so that nobody answers them."""
_FIRST = {
    **dict.fromkeys(range(0, 6), "1"),
    **dict.fromkeys(range(6, 10), "yes"),
    **dict.fromkeys(range(10, 13), "Yes!"),
    **dict.fromkeys(range(13, 15), " YES. "),
    **dict.fromkeys(range(15, 19), "2"),
    **dict.fromkeys(range(19, 22), "Not yet"),
    22: "no",
    23: "3",
    24: "Ydw",
    **dict.fromkeys(range(25, 27), "Who is this?"),
    27: "ask me again on friday, I have been ill",
    28: "STOP",
    29: "Stopio",
    30: "help",
}
"""By two digits of the number; those not named here do not answer."""
_CHANGE_THEIR_MIND = range(15, 18)
_LINK = re.compile(r"https?://\S+/(answer|unsubscribe)/\S+")
_OPTIONS = ("yes", "yes", "not-yet", "do-not-ask")


@dataclass(frozen=True, slots=True)
class Text:
    """An inbound text."""

    sender: str
    to: str
    body: str

    def as_json(self) -> dict[str, str]:
        """As the sandbox's control API takes it."""
        return {"from": self.sender, "to": self.to, "body": self.body}


def _figure(number: str) -> int:
    return int(number[-5:-3])


def first_texts(journal: Path, tries: Collection[str]) -> list[Text]:
    """One answer from each number that was texted and answers; test sends (`tries`) are not answered."""
    texted = {line["to"]: line["from"] for line in SMS.lines(journal) if line["delivery_id"] not in tries}
    return [
        Text(number, ours, _FIRST[_figure(number)])
        for number, ours in texted.items()
        if _figure(number) in _FIRST and not number.endswith(_FAILING_ENDINGS)
    ]


def second_texts(first: list[Text]) -> list[Text]:
    """Some who said 'not yet' say 'yes' later, which supersedes the first answer."""
    return [Text(text.sender, text.to, "Yes") for text in first if _figure(text.sender) in _CHANGE_THEIR_MIND]


@dataclass(frozen=True, slots=True)
class Click:
    """A link that is followed, and the form that is sent."""

    url: str
    form: dict[str, str]


def clicks(journal: Path, tries: Collection[str]) -> list[Click]:
    """Every third reader of an e-mail answers by its link; one in sixty unsubscribes with one click."""
    found = []
    for line in EMAIL.lines(journal):
        delivery_id = line["delivery_id"] or "0"
        figure = int(delivery_id[:6], 16) % 60
        if (figure < 20 or figure == 59) and delivery_id not in tries:
            links = {match[1]: match[0] for match in _LINK.finditer(_text(line["source"]))}
            if figure < 20 and "answer" in links:
                found.append(Click(links["answer"], {"option": _OPTIONS[figure % len(_OPTIONS)]}))
            if figure == 59 and "unsubscribe" in links:
                found.append(Click(links["unsubscribe"], {"List-Unsubscribe": "One-Click"}))
    return found


def _text(source: str) -> str:
    part = message_from_string(source, policy=default).get_body(("plain",))
    return str(part.get_content()) if part else ""
