"""What a member reads on the unsubscribe page, in English, Welsh and French."""

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Words:
    """One language's page."""

    title: str
    question: str
    button: str
    done_title: str
    done: str
    broken_title: str
    expired: str
    unknown: str


WORDS: dict[str, Words] = {
    "en": Words(
        title="Stop e-mail from your union?",
        question="Press the button and we send no more messages to this e-mail address.",
        button="Stop e-mail",
        done_title="Done",
        done="We send no more messages to this e-mail address. To hear from us again, tell your branch.",
        broken_title="This link does not work",
        expired="It is incomplete or too old. Use the link in a newer message, or tell your branch.",
        unknown="We no longer know the message it came with. Use the link in a newer message, or tell your branch.",
    ),
    "cy": Words(
        title="Atal e-bost gan eich undeb?",
        question="Pwyswch y botwm ac ni fyddwn yn anfon rhagor o negeseuon i'r cyfeiriad e-bost hwn.",
        button="Atal e-bost",
        done_title="Wedi'i wneud",
        done="Ni fyddwn yn anfon rhagor o negeseuon i'r cyfeiriad e-bost hwn. "
        "I glywed gennym eto, rhowch wybod i'ch cangen.",
        broken_title="Nid yw'r ddolen hon yn gweithio",
        expired="Mae'n anghyflawn neu'n rhy hen. Defnyddiwch y ddolen mewn neges fwy diweddar, "
        "neu rhowch wybod i'ch cangen.",
        unknown="Nid ydym bellach yn adnabod y neges y daeth gyda hi. Defnyddiwch y ddolen mewn neges fwy diweddar.",
    ),
    "fr": Words(
        title="Ne plus recevoir les courriels du syndicat ?",
        question="Appuyez sur le bouton et nous n'enverrons plus de message à cette adresse électronique.",
        button="Ne plus recevoir de courriels",
        done_title="C'est fait",
        done="Nous n'enverrons plus de message à cette adresse électronique. Pour en recevoir de nouveau, "
        "adressez-vous à votre section.",
        broken_title="Ce lien ne fonctionne pas",
        expired="Il est incomplet ou trop ancien. Utilisez le lien d'un message plus récent, "
        "ou adressez-vous à votre section.",
        unknown="Nous ne connaissons plus le message dont il vient. Utilisez le lien d'un message plus récent.",
    ),
}


def spoken(language: str) -> str:
    """The language of the page that somebody of this language gets."""
    primary = language.split("-")[0].lower()
    return primary if primary in WORDS else "en"


def words(language: str) -> Words:
    """The page in this language, else in English."""
    return WORDS[spoken(language)]


def preferred(accept_language: str) -> str:
    """The first language of a browser's Accept-Language that we speak."""
    asked = (item.split(";")[0].strip().split("-")[0].lower() for item in accept_language.split(","))
    return next((language for language in asked if language in WORDS), "en")


def paragraph(text: str) -> str:
    """One escaped paragraph."""
    return f"<p>{escape(text)}</p>"


def question(page: Words) -> str:
    """The form; it posts to its own address."""
    return (
        f'{paragraph(page.question)}<form method="post"><input type="hidden" name="confirm" value="yes">'
        f'<button type="submit">{escape(page.button)}</button></form>'
    )
