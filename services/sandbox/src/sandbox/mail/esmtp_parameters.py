"""The grammar of MAIL and RCPT: paths, ESMTP parameters, xtext."""

import re

PATH = re.compile(r"(?i)(from|to):\s*<([^<>\s]*)>(.*)")
"""`FROM:<address> parameters`: the keyword, the address, the parameters."""
_NOTIFY = re.compile(r"NEVER|(SUCCESS|FAILURE|DELAY)(,(SUCCESS|FAILURE|DELAY))*")


def parameters_of(text: str, known: set[str]) -> dict[str, str] | None:
    """ESMTP parameters by upper-case name; None when one is unknown or malformed."""
    found: dict[str, str] = {}
    for word in text.split():
        name, _, value = word.partition("=")
        found[name.upper()] = value
    notify, size = found.get("NOTIFY"), found.get("SIZE")
    wrong = not set(found) <= known or (size is not None and not size.isdecimal())
    if wrong or (notify is not None and not _NOTIFY.fullmatch(notify.upper())):
        return None
    return found


def decoded(text: str) -> str:
    """Decode RFC 3461 xtext (`+3D` is `=`)."""
    return re.sub(r"\+([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), text)
