"""The member's page in the member's language: English, Welsh or French; anything else reads English."""

from html import escape

from ballot.domain.poll import Option, Translation
from ballot.service.answers import Ballot
from chassis.http.pages import html_page
from fastapi.responses import HTMLResponse

_WORDS = {
    "en": {
        "choose": "Choose one answer",
        "send": "Send my answer",
        "missing": "Please choose one of the answers.",
        "again": "You have answered already. A new answer takes the place of the earlier one.",
        "closed": "This poll is not open. Your answer cannot be taken.",
        "thanks": "Thank you",
        "taken": "Your answer has been taken:",
        "change": "You may change it until the poll closes. The last answer counts.",
        "test": "This is a test: your answer is not counted.",
        "link": "This link is not valid, or no longer.",
        "sorry": "We are sorry",
    },
    "cy": {
        "choose": "Dewiswch un ateb",
        "send": "Anfon fy ateb",
        "missing": "Dewiswch un o'r atebion.",
        "again": "Rydych chi wedi ateb yn barod. Bydd ateb newydd yn cymryd lle'r un blaenorol.",
        "closed": "Nid yw'r bleidlais hon ar agor. Ni ellir derbyn eich ateb.",
        "thanks": "Diolch",
        "taken": "Derbyniwyd eich ateb:",
        "change": "Gallwch ei newid nes i'r bleidlais gau. Yr ateb olaf sy'n cyfrif.",
        "test": "Prawf yw hwn: ni chaiff eich ateb ei gyfrif.",
        "link": "Nid yw'r ddolen hon yn ddilys, neu nid yw'n ddilys bellach.",
        "sorry": "Mae'n ddrwg gennym",
    },
    "fr": {
        "choose": "Choisissez une réponse",
        "send": "Envoyer ma réponse",
        "missing": "Veuillez choisir une des réponses.",
        "again": "Vous avez déjà répondu. Une nouvelle réponse remplace la précédente.",
        "closed": "Ce sondage n'est pas ouvert. Votre réponse ne peut pas être prise en compte.",
        "thanks": "Merci",
        "taken": "Votre réponse a été prise en compte :",
        "change": "Vous pouvez la modifier jusqu'à la clôture. La dernière réponse compte.",
        "test": "Ceci est un essai : votre réponse n'est pas comptée.",
        "link": "Ce lien n'est pas valable, ou ne l'est plus.",
        "sorry": "Nous sommes désolés",
    },
}


def form(ballot: Ballot, *, status: int = 200) -> HTMLResponse:
    """The question with one radio button an option; `status` 422 says that none was chosen."""
    language, words, own = _told(ballot)
    if not ballot.open:
        return html_page(_title(ballot, own), _paragraph(words["closed"]), language=language, status=status)
    notes = [words["test"]] if ballot.test else []
    notes += [words["missing"]] if status == 422 else []
    notes += [words["again"]] if ballot.answered else []
    choices = "".join(_choice(option, own) for option in ballot.draft.options)
    body = (
        _paragraph(own.question or ballot.draft.question)
        + "".join(f'<p role="status">{escape(note)}</p>' for note in notes)
        + f'<form method="post"><fieldset><legend>{escape(words["choose"])}</legend>{choices}</fieldset>'
        + f'<p><button type="submit">{escape(words["send"])}</button></p></form>'
    )
    return html_page(_title(ballot, own), body, language=language, status=status)


def thanks(ballot: Ballot, option: Option) -> HTMLResponse:
    """Says what was taken, and that it may be changed, or that it does not count."""
    language, words, own = _told(ballot)
    label = own.labels.get(option.key, option.label)
    after = words["test"] if ballot.test else words["change"]
    body = f"<p>{escape(words['taken'])} <strong>{escape(label)}</strong></p>{_paragraph(after)}"
    return html_page(words["thanks"], body, language=language)


def refused(reason: str, *, status: int) -> HTMLResponse:
    """Nobody is known behind the link: told in all languages."""
    body = "".join(f'<p lang="{language}">{escape(words[reason])}</p>' for language, words in _WORDS.items())
    return html_page(_WORDS["en"]["sorry"], body, status=status)


def _told(ballot: Ballot) -> tuple[str, dict[str, str], Translation]:
    language = ballot.language if ballot.language in _WORDS else "en"
    return language, _WORDS[language], ballot.draft.translations.get(ballot.language, Translation())


def _title(ballot: Ballot, own: Translation) -> str:
    return own.title or ballot.draft.title


def _choice(option: Option, own: Translation) -> str:
    label = escape(own.labels.get(option.key, option.label))
    return f'<label><input type="radio" name="option" value="{escape(option.key)}" required> {label}</label>'


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"
