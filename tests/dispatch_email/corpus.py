"""Reads `reports.corpus`: forms of mail that came back, and what each of them is made to say."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).parent / "reports.corpus"
_BOUNDARY = "=_of_the_report"
_RETURNED = "From: news@union.example\nTo: {to}\nSubject: The ballot opens\nMessage-ID: <1@mail.union.example>\n"
_MEMBERS = (("member", "branch.example"), ("n.lovelace", "firma.example"), ("jean-luc", "fai.example"))


@dataclass(frozen=True)
class Sample:
    """One report and what it means: bad, good (failed, but the address is good), delayed, auto, person, delivered."""

    meaning: str
    form: str
    words: str
    raw: bytes
    held_out: bool


def samples() -> Iterator[Sample]:
    """All of them."""
    sections = dict(section.split("\n", 1) for section in _FILE.read_text().split("\n## ")[1:])
    for title, text in sections.items():
        if not title.startswith("reports"):
            continue
        for number, line in enumerate(text.strip().splitlines()):
            meaning, status, forms, words = line.split("|")
            local, domain = _MEMBERS[number % len(_MEMBERS)]
            known = {"to": f"{local}@{domain}", "local": local, "domain": domain, "status": status}
            said = words.format(**known)
            for form in forms.split(","):
                raw = _mail(sections[form].format(**known, words=said) + "\n", known["to"])
                yield Sample(meaning, form, said, raw.encode(), "held out" in title)


def _mail(text: str, to: str) -> str:
    head, _, body = text.partition("\n\n")
    explanation, fields_follow, fields = body.partition("%%\n")
    kind = "text/html" if "Explanation-Type: text/html" in head else "text/plain"
    inner = f"Content-Type: {kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{explanation}"
    if not fields_follow:
        return f"{head}\n{inner}"
    parts = (
        inner,
        f"Content-Type: message/delivery-status\n\n{fields}",
        f"Content-Type: text/rfc822-headers\n\n{_RETURNED.format(to=to)}",
    )
    report = f'Content-Type: multipart/report; report-type=delivery-status; boundary="{_BOUNDARY}"'
    return "\n".join([head, report, "", *(f"--{_BOUNDARY}\n{part}" for part in parts), f"--{_BOUNDARY}--\n"])
