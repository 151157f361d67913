"""What a keyword is answered, in the member's language."""

from contracts.enums import Intent

_DEFAULT = "en"
WORDS: dict[str, dict[Intent, str]] = {
    "en": {
        Intent.STOP: "{union}: you will get no more texts from us. Text START to get them again.",
        Intent.START: "{union}: you will get our texts again. Text STOP at any time to stop them.",
        Intent.HELP: "{union} sends these texts to its members. Text STOP to get no more.{contact}",
    },
    "cy": {
        Intent.STOP: "{union}: ni chewch ragor o negeseuon testun gennym. Tecstiwch DECHRAU i'w cael eto.",
        Intent.START: "{union}: byddwch yn cael ein negeseuon testun eto. Tecstiwch STOPIO i'w hatal.",
        Intent.HELP: "{union} sy'n anfon y negeseuon hyn at ei aelodau. Tecstiwch STOPIO i'w hatal.{contact}",
    },
    "fr": {
        Intent.STOP: "{union} : vous ne recevrez plus nos SMS. Envoyez DEBUT pour les recevoir à nouveau.",
        Intent.START: "{union} : vous recevrez à nouveau nos SMS. Envoyez STOP à tout moment pour ne plus en recevoir.",
        Intent.HELP: "{union} envoie ces SMS à ses membres. Envoyez STOP pour ne plus en recevoir.{contact}",
    },
}


def answer(intent: Intent, language: str, *, union: str, contact: str = "") -> str:
    """The text to reply with; empty for what is no keyword. An unknown language is answered in English."""
    words = WORDS.get(language.partition("-")[0].casefold(), WORDS[_DEFAULT])
    return words.get(intent, "").format(union=union, contact=f" {contact}" if contact else "")


def taken_as(opt_out_type: str) -> Intent | None:
    """What Twilio's Advanced Opt-Out took a text for, where it is on; it knows words of the account's own."""
    return {"STOP": Intent.STOP, "START": Intent.START, "HELP": Intent.HELP}.get(opt_out_type.upper())
