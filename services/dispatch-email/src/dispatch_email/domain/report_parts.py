"""The parts of a message that came back: what a server says in fields, what it says in words, who seems to "
"have written.

The standard library gives whatever it could read; what it raises on mail that follows no standard is the caller's.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from html import unescape
from itertools import islice

MOST_PARTS = 30
_MOST_WORDS = 6_000
"""Characters of an explanation that are read: what a server says comes first."""
_TAG = re.compile(r"<(style|script|head)\b.*?(?:</\1>|\Z)|<[^<>]*>", re.I | re.S)
_RETURNED = re.compile(
    r"^[^\n]{0,60}(below (this|the next) line|original (message|mail|headers?)|(message|text|headers?) (text )?follows|"
    r"copy of (the|your) (message|mail|text)|is a copy of|returned (message|mail) (follows|below)|unsent message|"
    r"message headers?\b|ursprungliche nachricht|ursprüngliche nachricht|message d'origine|mensaje original)"
    r"|^(return-path|received|dkim-signature|x-[a-z-]+|message-id|mime-version): ",
    re.I | re.M,
)
"""Where the message that is returned begins, or its headers."""
_DAEMON = re.compile(r"mailer-?daemon|mail-?daemon|post_?master|mail deliver|delivery (sub)?system|<>|mdaemon", re.I)
_REPORTED = re.compile(
    r"undeliver|deliver\w* (status|fail|problem|error|report|delay|notif)|(mail|message|delivery|e-?mail) "
    r"(delivery )?(fail|delay|"
    r"return|problem|error|warning|reject|status|not delivered)|returned (mail|to sender|message)|fail(ed|ure) "
    r"(notice|deliver|"
    r"mail|message)|non-?deliver|not delivered|could not (be )?(deliver|send)|couldnt be delivered|delivery has "
    r"failed|nondeliverable|"
    r"unzustellbar|zustell|nicht zugestellt|unbestellbar|non remis|echec|échec|non distribu|non livr|no (se )?"
    r"(pudo )?entreg|no entregado|devuelto|fallo|mancata consegna|rapport de (non-)?remise|nondistrib|retard|"
    r"verzoger|verzöger",
    re.I,
)
_REPLY = re.compile(r"(?<![\d.:])(5\d\d[ -](?:.|\n(?!\s*\n))*)")
_BELOW_ADDRESS = re.compile(r"^[ \t]*<?[^\s<>@]{1,64}@[^\s<>@]+?>?:?\s*\n((?:[^\n]*\S[^\n]*(?:\n|$))+)", re.M)
_ANSWER = re.compile(r"(re|aw|antw|sv|rép|rif|r|tr|wg|fwd?)\s*:", re.I)
_AWAY = re.compile(
    r"^(auto(matic|mated|matisch\w*)?[ -:]|out of (the )?office|abwesen|vacation|automatische antwort|réponse "
    r"automatique|"
    r"reponse automatique|respuesta automática|respuesta automatica|risposta automatica|absence|away )",
    re.I,
)


def groups(part: Message) -> Iterator[Message]:
    """The header groups of a message/delivery-status or feedback-report part, however the parser kept them."""
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (group for group in payload if isinstance(group, Message))
    elif isinstance(payload, str):
        yield from (message_from_bytes(text.encode()) for text in payload.split("\n\n") if text.strip())


def field(group: Message, name: str) -> str:
    """A field in one line; empty where there is none."""
    return " ".join(str(group.get(name, "")).split())


def explanation(message: Message) -> str:
    """What the message says in words, without what it returns."""
    texts: list[str] = []
    for part in islice(message.walk(), MOST_PARTS):
        kind = part.get_content_type()
        if kind in {"message/rfc822", "text/rfc822-headers", "message/delivery-status"}:
            break
        if kind in {"text/plain", "text/html"}:
            texts.append(_text(part, html=kind == "text/html"))
    return "\n".join(texts)[:_MOST_WORDS]


def server_words(words: str) -> str:
    """The reply in an explanation, or what stands below the address; empty where neither can be told from the rest."""
    found = _REPLY.search(words) or _BELOW_ADDRESS.search(words)
    return found[1] if found else ""


def by_machine(message: Message) -> bool:
    """Whether sender or subject are those of a mail system; a person answers with `Re:` or names what they answer."""
    if _DAEMON.search(field(message, "from")):
        return True
    title = subject(message)
    return bool(_REPORTED.search(title)) and not (_ANSWER.match(title) or "in-reply-to" in message)


def by_rule(message: Message) -> bool:
    """Whether a member's own program answered: away, moved, left."""
    submitted = field(message, "auto-submitted").lower()
    headers = ("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoresponder")
    precedence = field(message, "precedence").lower()
    return bool(
        submitted.startswith(("auto-replied", "auto-generated"))
        or any(name in message for name in headers)
        or precedence in {"auto_reply", "auto-reply"}
        or _AWAY.search(subject(message))
    )


def subject(message: Message) -> str:
    """Decoded where it can be."""
    written = field(message, "subject")
    try:
        return str(make_header(decode_header(written)))
    except (HeaderParseError, LookupError, ValueError):
        return written


def _text(part: Message, *, html: bool) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        text = raw.decode(str(part.get_content_charset("utf-8")), "replace")
    except LookupError:
        text = raw.decode("utf-8", "replace")
    text = unescape(_TAG.sub(" ", text)) if html else text
    found = _RETURNED.search(text, 1)
    return text[: found.start()] if found else text
