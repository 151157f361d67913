"""Keywords that a member may text, in English, Welsh and French: the whole message after trimming.

The English provider set is Twilio's documented default opt-out handling (STOP, STOPALL, UNSUBSCRIBE, CANCEL, END, QUIT,
REVOKE, OPTOUT; START, YES, UNSTOP; HELP, INFO).
"""

import re
import unicodedata

from contracts.enums import Intent

_OURS = {
    Intent.STOP: {
        "stop",
        "stopall",
        "unsubscribe",
        "stopio",
        "stopiwch",
        "dad-danysgrifio",
        "arret",
        "arreter",
    },
    Intent.START: {"start", "unstop", "dechrau", "debut", "commencer"},
    Intent.HELP: {"help", "info", "cymorth", "aide"},
}
_PROVIDER = {
    Intent.STOP: {"cancel", "end", "quit", "revoke", "optout"},
    Intent.START: {"yes"},
    Intent.HELP: set[str](),
}


def normalise(text: str) -> str:
    """Lower case, accents folded, outer blanks and closing punctuation gone, inner blanks single."""
    folded = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return re.sub(r"\s+", " ", plain).strip(" \t\r\n.,;:!?'\"()[]*-–—…").casefold()


def intent_of(text: str, *, provider_keywords: bool) -> Intent:
    """What a whole message asks for. `provider_keywords` False: the provider's own handling is off."""
    word = normalise(text)
    for intent in (Intent.STOP, Intent.START, Intent.HELP):
        if word in _OURS[intent] or (provider_keywords and word in _PROVIDER[intent]):
            return intent
    return Intent.ANSWER


def is_reserved(text: str, *, provider_keywords: bool) -> bool:
    """Whether a poll must not use this word as an answer."""
    return intent_of(text, provider_keywords=provider_keywords) is not Intent.ANSWER
