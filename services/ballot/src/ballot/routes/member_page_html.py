"""A member's page as HTML, in English, Welsh or French; members with another language read English."""

from html import escape

from ballot.domain.polls import Option, Translation
from ballot.routes.member_page_texts import TEXTS
from ballot.service.member_pages import MemberPage
from chassis.http.pages import html_page
from fastapi.responses import HTMLResponse


def form(page: MemberPage, *, status: int = 200) -> HTMLResponse:
    """The question with one radio button for each option; `status` 422: none was chosen."""
    language, texts, translation = _translated(page)
    title = translation.title or page.definition.title
    if not page.open:
        return html_page(title, _paragraph(texts["closed"]), language=language, status=status)
    notes = [texts["test"]] if page.test else []
    notes += [texts["missing"]] if status == 422 else []
    notes += [texts["again"]] if page.answered else []
    choices = "".join(_choice(option, translation) for option in page.definition.options)
    body = (
        _paragraph(translation.question or page.definition.question)
        + "".join(f'<p role="status">{escape(note)}</p>' for note in notes)
        + f'<form method="post"><fieldset><legend>{escape(texts["choose"])}</legend>{choices}</fieldset>'
        + f'<p><button type="submit">{escape(texts["send"])}</button></p></form>'
    )
    return html_page(title, body, language=language, status=status)


def thanks(page: MemberPage, option: Option) -> HTMLResponse:
    """The option that was recorded, and that it may be changed, or that it does not count."""
    language, texts, translation = _translated(page)
    label = translation.labels.get(option.key, option.label)
    note = texts["test"] if page.test else texts["change"]
    body = f"<p>{escape(texts['taken'])} <strong>{escape(label)}</strong></p>{_paragraph(note)}"
    return html_page(texts["thanks"], body, language=language)


def invalid_link(*, status: int) -> HTMLResponse:
    """In all languages, since the member is not known."""
    body = "".join(f'<p lang="{language}">{escape(texts["link"])}</p>' for language, texts in TEXTS.items())
    return html_page(TEXTS["en"]["sorry"], body, status=status)


def _translated(page: MemberPage) -> tuple[str, dict[str, str], Translation]:
    language = page.language if page.language in TEXTS else "en"
    return language, TEXTS[language], page.definition.translations.get(page.language, Translation())


def _choice(option: Option, translation: Translation) -> str:
    label = escape(translation.labels.get(option.key, option.label))
    return f'<label><input type="radio" name="option" value="{escape(option.key)}" required> {label}</label>'


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"
