"""Reads the journal back at the start, so that lists and counts are true and unfinished work goes on."""

from dataclasses import dataclass

from sandbox.carrier.text import Text, inbound_text, sent_text, twiml_reply
from sandbox.carrier.text_store import TextStore
from sandbox.control.counts import Counts
from sandbox.journal.journal import Journal, unix_seconds
from sandbox.mail.acceptance import Recipient
from sandbox.mail.mail_store import Mail, MailStore, accepted_mail


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What was under way when the process ended."""

    texts: tuple[tuple[Text, str], ...]
    """Texts not yet in a final status, with their callback."""
    unreported: tuple[tuple[Text, str], ...]
    """Texts whose last status was perhaps not reported, with their callback."""
    mails: tuple[tuple[Mail, Recipient, str], ...]
    """Mails that may still have to bounce, with their RET parameter."""


def read_back(journal: Journal, texts: TextStore, mails: MailStore, counts: Counts) -> Unfinished:
    """Fill the stores and counts."""
    callbacks = _texts(journal, texts)
    reported = set[tuple[str, str]]()
    for _, callback in journal.callbacks.read():
        reported.add((callback["reference"], callback["status"]))
        counts.add_callback(callback["answered"])
    unfinished, unreported = [], []
    for sid, url in callbacks.items():
        text = texts.find(sid)
        if text is None:
            continue
        if text.status in {"queued", "accepted", "sent"}:
            unfinished.append((text, url))
        elif url and (sid, text.status) not in reported:
            unreported.append((text, url))
    for _, refusal in journal.refused.read():
        counts.refused[refusal["channel"], refusal["code"]] += 1
    for _, outcome in journal.outcomes.read():
        counts.add_inbound(outcome["status"], len(outcome["replies"]))
    return Unfinished(tuple(unfinished), tuple(unreported), tuple(_mails(journal, mails, counts)))


def _texts(journal: Journal, texts: TextStore) -> dict[str, str]:
    """Fill the store in the order of time; returns the callbacks by sid."""
    callbacks: dict[str, str] = {}
    found: list[Text] = []
    for sent_at, sent in journal.sms.read():
        found.append(sent_text(sent_at, sent))
        callbacks[sent["reference"]] = sent["callback"] or ""
    found += [inbound_text(position, line) for position, line in journal.inbound.read()]
    found += [twiml_reply(position, line) for position, line in journal.replies.read()]
    for text in sorted(found, key=lambda each: each.created):
        texts.add(text)
    for _, change in journal.receipts.read():
        if known := texts.find(change["reference"]):
            known.change_status(change["status"], change["error_code"], unix_seconds(change["at"]))
    for _, deletion in journal.deletions.read():
        known = texts.find(deletion["reference"])
        if known and deletion["what"] == "deleted":
            texts.remove(known)
        elif known:
            known.redacted = True
    return callbacks


def _mails(journal: Journal, mails: MailStore, counts: Counts) -> list[tuple[Mail, Recipient, str]]:
    """Fill the store; returns those that have not bounced."""
    accepted: list[tuple[Mail, Recipient, str]] = []
    for position, line in journal.email.read():
        mail = mails.add(accepted_mail(position, line))
        recipient = Recipient(mail.to, frozenset(line.get("notify", ())), line.get("original", ""))
        accepted.append((mail, recipient, line.get("ret", "")))
    for _, bounce in journal.bounces.read():
        counts.add_bounce(bounce["kind"], arrived=bounce["arrived"])
        if known := mails.find(bounce["reference"]):
            known.bounced = bounce["kind"]
    return [each for each in accepted if not each[0].bounced]
