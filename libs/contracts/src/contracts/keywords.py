"""Keywords that members may text, in English, Welsh and French. A keyword is the whole message after trimming.

The English provider set is Twilio's documented default opt-out handling (STOP, STOPALL, UNSUBSCRIBE, CANCEL, END, QUIT,
REVOKE, OPTOUT; START, YES, UNSTOP; HELP, INFO).
"""

import re
import unicodedata

from contracts.enums import Intent

_OWN = {
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
    """Lower case, without accents, outer blanks and punctuation; inner blanks become one."""
    folded = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return re.sub(r"\s+", " ", plain).strip(" \t\r\n.,;:!?'\"()[]*-–—…").casefold()


def intent_of(text: str, *, provider_keywords: bool) -> Intent:
    """What a message asks for. `provider_keywords` false: the provider's own keyword handling is switched off."""
    word = normalise(text)
    for intent in (Intent.STOP, Intent.START, Intent.HELP):
        if word in _OWN[intent] or (provider_keywords and word in _PROVIDER[intent]):
            return intent
    return Intent.ANSWER


def is_reserved(text: str, *, provider_keywords: bool) -> bool:
    """Whether this word is a keyword, so that no poll may use it as an answer."""
    return intent_of(text, provider_keywords=provider_keywords) is not Intent.ANSWER
