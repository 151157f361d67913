"""How many parts a text message costs."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import smsutil
from smsutil.codecs import GSM_BASIC_CHARSET

MAX_PARTS = 10
"""More is refused: carriers charge each part and long ones arrive broken (Twilio's own limit is 1,600 characters)."""

_BASIC = frozenset(GSM_BASIC_CHARSET)
_ONE_PART, _EACH_PART = smsutil.GSM_SINGLE_PART_BYTES, smsutil.GSM_MULTI_PART_BYTES
Encoding = Literal["GSM-7", "UCS-2"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a text is billed as."""

    parts: int
    encoding: Encoding
    characters: int


@lru_cache(maxsize=8192)
def count(text: str) -> Parts:
    """Parts and encoding of a text, as carriers split it (GSM 03.38 or UCS-2)."""
    if _BASIC.issuperset(text):
        # One septet a character: the same figure as smsutil's walk, many times faster for 27,000 texts.
        return Parts(1 if len(text) <= _ONE_PART else -(-len(text) // _EACH_PART), "GSM-7", len(text))
    split = smsutil.split(text)
    encoding: Encoding = "GSM-7" if split.encoding == "gsm0338" else "UCS-2"
    return Parts(len(split.parts), encoding, len(text))
