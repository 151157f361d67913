"""What a member's text asks for: STOP, START or HELP by keyword, a stop in other words, or nothing of these.

A STOP is a stop word, alone or with politeness around it, in English, Welsh or French. START and HELP are the keyword
alone. The English provider set is Twilio's documented default opt-out handling (STOP, STOPALL, UNSUBSCRIBE, CANCEL,
END, QUIT, REVOKE, OPTOUT; START, YES, UNSTOP; HELP, INFO).
"""

import re
import unicodedata
from collections.abc import Set

from contracts.enums import Intent
from contracts.unclear_stops import asks_to_stop

_STOP = {
    "stop", "stop all", "stopall", "stop everything", "stop texts", "stop text", "stop messages", "stop message",
    "stop sms", "stop all texts", "stop all messages", "stop ends", "stop to end", "stop to opt out", "stop to stop",
    "stop to unsubscribe", "text stop", "txt stop", "reply stop", "send stop",
    "unsubscribe", "unsubscribe me", "unsubscribe all", "opt out", "optout", "opt me out", "opt out all",
    "stopio", "stopiwch", "stopia", "stopiwch bopeth", "dad danysgrifio", "daddanysgrifio", "optio allan",
    "arret", "arreter", "arretez", "arrete", "arretez tout", "tout arreter", "desabonner", "desabonnez moi",
    "me desabonner", "se desabonner", "desabonnement", "desinscrire", "desinscrivez moi", "me desinscrire",
    "desinscription",
}  # fmt: skip
_POLITE = {
    "please", "pls", "plz", "plse", "kindly", "just", "thanks", "thank you", "thankyou", "thank u", "thx", "ty", "ta",
    "cheers", "many thanks", "no thanks", "no thank you", "thanks very much", "thank you very much", "sorry", "hi",
    "hello", "hey", "dear", "dear all", "sir", "madam", "mate", "folks", "now", "immediately", "asap", "at once",
    "today", "right now", "regards", "kind regards", "best wishes",
    "plis", "os gwelwch yn dda", "diolch", "diolch yn fawr", "dim diolch", "nawr", "rwan", "helo", "shwmae", "sori",
    "svp", "sil vous plait", "sil te plait", "stp", "merci", "merci beaucoup", "non merci", "bonjour", "pardon",
    "maintenant", "cordialement",
}  # fmt: skip
_START = {"start", "unstop", "dechrau", "debut", "commencer"}
_HELP = {"help", "info", "cymorth", "aide"}
_PROVIDER_STOP = {"cancel", "end", "quit", "revoke"}
_PROVIDER_START = {"yes"}
_LONGEST = max(len(phrase.split()) for phrase in _STOP | _POLITE)
_HELD_LETTER = re.compile(r"(.)\1+")
_SPELLED_OUT = re.compile(r"\b\w(?: \w){2,}\b")
_APOSTROPHES = re.compile(r"['’‘ʼ`´＇]")
_SIGNATURE = re.compile(r"\bsent from my\b.*$", re.IGNORECASE | re.DOTALL)
_SENTENCE = re.compile(r"[.,;:!?\n()/]+|\s[-–—]+\s")


def normalise(text: str) -> str:
    """Lower case, without accents, outer blanks and punctuation; inner blanks become one."""
    plain = _without_accents(text)
    return re.sub(r"\s+", " ", plain).strip(" \t\r\n.,;:!?'\"()[]*-–—…").casefold()


def intent_of(text: str, *, provider_keywords: bool) -> Intent:
    """What a message asks for. `provider_keywords` false: the provider's own keyword handling is switched off."""
    stops = _STOP | _PROVIDER_STOP if provider_keywords else _STOP
    starts = _START | _PROVIDER_START if provider_keywords else _START
    unsigned = _SIGNATURE.sub("", text)
    if _is_stop(_words(unsigned), stops):
        return Intent.STOP
    word = normalise(text)
    if word in starts:
        return Intent.START
    if word in _HELP:
        return Intent.HELP
    sentences = [_words(sentence) for sentence in _SENTENCE.split(unsigned)]
    if any(_is_stop(sentence, stops) for sentence in sentences) or asks_to_stop(text, sentences):
        return Intent.UNCLEAR_STOP
    return Intent.ANSWER


def is_reserved(text: str, *, provider_keywords: bool) -> bool:
    """Whether this word is a keyword, so that no poll may use it as an answer. A stop in other words is none: as an
    answer it counts, and a person looks at it too."""
    return intent_of(text, provider_keywords=provider_keywords) not in {Intent.ANSWER, Intent.UNCLEAR_STOP}


def _without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def _words(text: str) -> str:
    """Lower case, without accents, apostrophes, invisible characters, punctuation and pictures; a word spelled out
    letter by letter is one."""
    plain = _APOSTROPHES.sub("", _without_accents(text)).casefold()
    shown = (letter if letter.isalnum() else " " for letter in plain if unicodedata.category(letter) != "Cf")
    return _SPELLED_OUT.sub(lambda found: found[0].replace(" ", ""), " ".join("".join(shown).split()))


def _is_stop(sentence: str, stops: Set[str]) -> bool:
    """Whether all of it is stop words and politeness."""
    words, start, found = [_without_slips(word, stops) for word in sentence.split()], 0, False
    while start < len(words):
        phrases = (" ".join(words[start : start + length]) for length in range(_LONGEST, 0, -1))
        phrase = next((phrase for phrase in phrases if phrase in stops or phrase in _POLITE), "")
        if not phrase:
            return False
        found = found or phrase in stops
        start += len(phrase.split())
    return found


def _without_slips(word: str, stops: Set[str]) -> str:
    """A stop word with a letter held too long, or a zero for an o."""
    squeezed = _HELD_LETTER.sub(r"\1", word.replace("0", "o"))
    return word if word in stops or squeezed not in stops else squeezed
