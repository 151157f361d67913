"""After a restart: what the carrier holds, read back from the journal, so that its lists stay truthful."""

from dataclasses import dataclass

from sandbox.controls import Counts
from sandbox.journal import Journal, moment_of
from sandbox.mails import Mail, Mails
from sandbox.mails import restored as restored_mail
from sandbox.post_office import Recipient
from sandbox.texts import Text, Texts, restored


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What was under way when the process died."""

    texts: tuple[tuple[Text, str], ...]
    """Texts with their callback, not yet in a final status."""
    untold: tuple[tuple[Text, str], ...]
    """Texts whose last status nobody may have heard."""
    mails: tuple[tuple[Mail, Recipient, str], ...]


def recover(journal: Journal, texts: Texts, mails: Mails, counts: Counts) -> Unfinished:
    """Fill the stores; say what has to go on."""
    callbacks = _texts(journal, texts)
    told = set[tuple[str, str]]()
    for _, line in journal.callbacks.read():
        told.add((line["reference"], line["status"]))
        counts.callback(line["answered"])
    unfinished, untold = [], []
    for sid, callback in callbacks.items():
        text = texts.find(sid)
        if text is None:
            continue
        if text.status in {"queued", "accepted", "sent"}:
            unfinished.append((text, callback))
        elif callback and (sid, text.status) not in told:
            untold.append((text, callback))
    for _, line in journal.refused.read():
        counts.refused[line["channel"], line["code"]] += 1
    for _, line in journal.outcomes.read():
        counts.text(line["status"], len(line["replies"]))
    return Unfinished(tuple(unfinished), tuple(untold), tuple(_mails(journal, mails, counts)))


def _texts(journal: Journal, texts: Texts) -> dict[str, str]:
    """Fill the store in the order of time; the callbacks by sid."""
    callbacks: dict[str, str] = {}
    found: list[Text] = []
    for book, direction in (
        (journal.sms, "outbound-api"),
        (journal.inbound, "inbound"),
        (journal.replies, "outbound-reply"),
    ):
        for place, line in book.read():
            text = restored(place, line, direction)
            found.append(text)
            if direction == "outbound-api":
                callbacks[text.sid] = line["callback"] or ""
                text.status = "accepted" if text.service else "queued"
    for text in sorted(found, key=lambda each: each.created):
        texts.add(text)
    for _, line in journal.receipts.read():
        if known := texts.find(line["reference"]):
            known.becomes(line["status"], line["error_code"], moment_of(line["at"]))
    for _, line in journal.deletions.read():
        known = texts.find(line["reference"])
        if known and line["what"] == "deleted":
            texts.remove(known)
        elif known:
            known.redacted = True
    return callbacks


def _mails(journal: Journal, mails: Mails, counts: Counts) -> list[tuple[Mail, Recipient, str]]:
    """Fill the store; those for which something may still have to come back."""
    taken: list[tuple[Mail, Recipient, str]] = []
    for place, line in journal.email.read():
        mail = mails.add(restored_mail(place, line))
        recipient = Recipient(mail.to, frozenset(line.get("notify", ())), line.get("original", ""))
        taken.append((mail, recipient, line.get("ret", "")))
    for _, line in journal.bounces.read():
        counts.bounce(line["kind"], arrived=line["arrived"])
        if known := mails.find(line["reference"]):
            known.bounced = line["kind"]
    return [each for each in taken if not each[0].bounced]
