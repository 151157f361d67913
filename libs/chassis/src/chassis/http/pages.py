"""A plain, accessible page for members: no script, no outside resource."""

from html import escape
from typing import Any

from chassis.http.problems import PROBLEM
from fastapi.responses import HTMLResponse

_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "button{font:inherit;padding:.6rem 1.2rem;margin:.3rem 0}label{display:block;margin:.6rem 0}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3rem .5rem;"
    "td,th{text-align:left;vertical-align:top}"
)


def html_page(title: str, body_html: str, *, language: str = "en", status: int = 200) -> HTMLResponse:
    """A whole page; `title` is escaped here, `body_html` by the caller."""
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title><style>{_STYLE}</style>'
    )
    content = (
        f'<!doctype html><html lang="{escape(language)}"><head>{head}</head>'
        f"<body><main><h1>{escape(title)}</h1>{body_html}</main></body></html>"
    )
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return HTMLResponse(content, status_code=status, headers=headers)


def page_responses(*statuses: int, or_problem: bool = False) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: errors that it answers with a page, or to other programs with a problem."""
    page = {"text/html": {"schema": {"type": "string"}}}
    return {status: {"content": page | ({PROBLEM: {}} if or_problem else {})} for status in statuses}
