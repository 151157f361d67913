"""Merge fields of other mailing systems, and our own with markup in between: nobody would fill them in."""

import re
from html import unescape

_NAME = r"[A-Za-z][A-Za-z0-9_]{0,40}(?:[ .:-][A-Za-z0-9_]{1,40}){0,3}"
_FOREIGN = re.compile(
    "|".join(
        rf"{start}\s{{0,9}}({_NAME})\s{{0,9}}{end}"
        for start, end in (
            *((r"\$?{", "}"), (r"\(\(", r"\)\)"), (r"\[\[", r"\]\]"), (r"\*\|", r"\|\*")),
            *(("%%", "%%"), ("<<", ">>"), ("«", "»")),
        )
    )
)
"""{name}, ${name}, ((name)), [[name]], *|NAME|*, %%name%%, <<name>> and «name»."""
_BROKEN = re.compile(r"{\s{0,9}{\s{0,9}(\w{1,60})?|(?<!\w)(\w{1,60})?\s{0,9}}\s{0,9}}")
_UNSEEN = re.compile(r"<(style|script)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.I | re.S)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def leftover(text: str, *, html: bool) -> tuple[str, str] | None:
    """Name and spelling of the first one in a text without its merge fields; markup does not hide it."""
    written = _UNSEEN.sub(" ", text) if html else text
    for shown in (written, unescape(_TAG.sub("", written)) if html else ""):
        if found := _BROKEN.search(shown) or _FOREIGN.search(shown):
            return next(filter(None, found.groups()), ""), found[0].strip()
    return None
