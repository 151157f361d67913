"""Text of one line in the one spelling that is stored and compared.

A rule of a segment finds a word only if both are spelled alike: roll, forms and posted events all pass through `clean`.
"""

import re
import unicodedata

_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff]"
)
"""Unicode's default ignorable code points and the blank of Braille, without the two kinds in `_STRAY`."""
_STRAY = re.compile(
    "(?<![\u0600-\u1cff])[\u200c\u200d]|(?<![\u2e80-\u9fff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]"
)
"""Joiners and variation selectors where no script needs them; Arabic, Indic and Han names do."""


def clean(value: str) -> str:
    """In composed form (NFC), without outer or doubled blanks and without characters that nobody sees.

    Raises ValueError for control characters, line separators and surrogates.
    """
    if value.isascii() and value.isprintable():
        return " ".join(value.split())
    if any(unicodedata.category(letter) in _REFUSED for letter in value):
        raise ValueError("holds a control character")
    seen = " ".join(_STRAY.sub("", _INVISIBLE.sub("", value)).split())
    return unicodedata.normalize("NFC", seen.strip(" \u200c\u200d"))


def composed(value: object) -> object:
    """A JSON value with every text in composed form (NFC)."""
    match value:
        case str():
            return unicodedata.normalize("NFC", value)
        case list():
            return [composed(item) for item in value]
        case dict():
            return {composed(key): composed(item) for key, item in value.items()}
        case _:
            return value
