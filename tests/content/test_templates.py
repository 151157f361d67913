"""Templates are text and merge fields; anything else is refused with its reason."""

import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import pytest
from content import merge_fields, templates
from content.templates import MissingValue, TemplateRefused
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.sandbox import SandboxedEnvironment

DEAR = "Dear {{ given_name }}, {{branch}} meets on Friday.\n"


def test_a_template_names_its_fields_once_and_in_order() -> None:
    assert templates.compile(DEAR + "{{ given_name }}").fields == ("given_name", "branch")


def test_a_template_renders_its_values_and_keeps_its_last_line_break() -> None:
    rendered = templates.compile(DEAR).render({"given_name": "Siân", "branch": "Bangor"})
    assert rendered == "Dear Siân, Bangor meets on Friday.\n"


def test_a_blank_value_counts_as_missing_and_a_fallback_fills_it() -> None:
    template = templates.compile(DEAR)
    assert template.render({"given_name": "  ", "branch": "Bangor"}, {"given_name": "colleague"}).startswith(
        "Dear colleague,"
    )
    assert template.missing({"given_name": "", "branch": "Bangor"}) == ("given_name",)
    with pytest.raises(MissingValue) as missing:
        template.render({"branch": "Bangor"})
    assert missing.value.field == "given_name"


def test_a_value_is_never_read_as_a_template() -> None:
    rendered = templates.compile("Hello {{ given_name }}").render({"given_name": "{{ branch }}"})
    assert rendered == "Hello {{ branch }}"


def test_a_value_cannot_forge_a_second_line() -> None:
    rendered = templates.compile("Hello {{ given_name }}").render({"given_name": "Eve\r\nBcc: all\u2028x"})
    assert rendered == "Hello Eve Bcc: all x"


def test_html_escapes_values_and_leaves_the_markup() -> None:
    rendered = templates.compile("<b>{{ given_name }}</b>", html=True).render({"given_name": "<i>O'Neill & co</i>"})
    assert rendered == "<b>&lt;i&gt;O&#39;Neill &amp; co&lt;/i&gt;</b>"
    plain = templates.compile("<b>{{ given_name }}</b>").render({"given_name": "O'Neill"})
    assert plain == "<b>O'Neill</b>"


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        ("{{ given_name.__class__ }}", "given_name", "attributes"),
        ("{{ given_name['x'] }}", "given_name", "items"),
        ("{{ given_name() }}", "given_name", "calls"),
        ("{{ given_name | upper }}", "given_name", "filters"),
        ("{{ given_name is defined }}", "given_name", "tests"),
        ("{{ given_name if given_name else branch }}", "given_name", "conditions"),
        ("{{ given_name ~ branch }}", "given_name", "plain field name"),
        ("{{ given_name + branch }}", "given_name", "plain field name"),
        ("{{ 'fixed' }}", "", "fixed values"),
        ("{{ 7 }}", "", "fixed values"),
        ("{{ [given_name] }}", "given_name", "plain field name"),
        ("{% for x in branch %}{{ x }}{% endfor %}", "", "loops"),
        ("{% include 'x' %}", "", "blocks"),
        ("{% raw %}{{ given_name }}{% endraw %}", "", "raw blocks"),
        ("text {# hidden #}", "", "comments"),
        ("{{ }}", "", "not a merge field"),
        ("{{ given_name", "", "not a merge field"),
        ("{{ given name }}", "", "not a merge field"),
        ("{{" + "(" * 5000 + "a" + ")" * 5000 + "}}", "", "a merge field of more than 100 characters"),
        ("{{ " + "a, " * 30_000 + "}}", "", "a merge field of more than 100 characters"),
        ("{{ " + "a" * 101 + " }}", "", "a merge field of more than 100 characters"),
        ("\n" + "{{ a }}" * 101, "", "line 2: more than 100 merge fields"),
        ("x" * (templates.MAX_CHARACTERS + 1), "", "longer than"),
    ],
)
def test_whatever_is_not_a_bare_name_is_refused_with_a_reason(text: str, field: str, reason: str) -> None:
    with pytest.raises(TemplateRefused, match=reason) as refused:
        templates.compile(text)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Dear {name}", "name"),
        ("Dear { given_name }", "given_name"),
        ("Dear ((name))", "name"),
        ("Dear *|FNAME|*", "FNAME"),
        ("Dear [[first name]]", "first name"),
        ("Dear %%first_name%%", "first_name"),
        ("Dear ${name}", "name"),
        ("Dear <<name>>", "name"),
        ("Dear «Vorname»", "Vorname"),
        ("Dear { { given_name } }", "given_name"),
        ("Dear given_name }}", "given_name"),
        ("Dear {{ given_name }} and {name}", "name"),
    ],
)
@pytest.mark.parametrize("html", [False, True])
def test_a_field_that_nobody_would_fill_in_is_refused_by_its_name(text: str, field: str, html: bool) -> None:
    text = text.replace("<<", "&lt;&lt;").replace(">>", "&gt;&gt;") if html else text
    with pytest.raises(TemplateRefused, match="would be sent as it is") as refused:
        templates.compile(text, html=html)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "text",
    [
        "<p>Dear {<b>{ given_name }</b>}</p>",
        "<p>Dear {<span>{</span> given_name }}</p>",
        "<p>Dear {{ <i>given_name</i> }}</p>",
        "<p>Dear {{ given_<b></b>name }}</p>",
        "<p>Dear *|<b>FNAME</b>|*</p>",
        "<p>Dear &#123;name&#125;</p>",
        "<a href='https://union.example/?who={name}'>Vote</a>",
    ],
)
def test_a_field_that_markup_breaks_is_refused(text: str) -> None:
    with pytest.raises(TemplateRefused):
        templates.compile(text, html=True)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<style>@media print {p {color: red}} b{}</style><p>{{ given_name }}</p>", True),
        ("<!--[if mso]>{x}<![endif]--><p style='color:red'>{{ given_name }}</p>", True),
        ("At 6 (six), 100% (really) * sure | [see below] {{ given_name }} :-}", False),
        ("f(g(x)) < 3 << 4, 50%% off, {}", False),
    ],
)
def test_what_is_no_field_stays(text: str, html: bool) -> None:
    assert "Ada" in templates.compile(text + "{{ given_name }}", html=html).render({"given_name": "Ada"})


def test_as_many_and_as_long_merge_fields_as_are_taken() -> None:
    assert templates.compile("{{ given_name }}" * 100).fields == ("given_name",)
    assert templates.compile("{{" + "(" * 49 + "a" + ")" * 49 + "}}").fields == ("a",)
    assert templates.compile("{{" + " " * 49 + "a" + " " * 50 + "}}" + "x" * 200).fields == ("a",)


def test_of_a_text_that_is_too_much_no_more_is_read_than_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def watched(environment: SandboxedEnvironment, text: str) -> Iterator[tuple[int, str, str]]:
        for token in SandboxedEnvironment.lex(environment, text):
            read.append(token[1])
            yield token

    environment = templates._environment(False)
    monkeypatch.setattr(environment, "lex", partial(watched, environment))
    monkeypatch.setattr(environment, "parse", read.extend)
    for text in ("{{ given_name }}\n" * 5000, "{{ " + "a, " * 30_000 + "}}", "{{" * 40_000):
        read.clear()
        with pytest.raises(TemplateRefused, match="more than 100"):
            templates.compile(text)
        assert len(read) < 1000


@settings(deadline=None)
@given(st.text(alphabet="{}%#|.()[]'\" abc_\n~+-", max_size=40))
def test_any_text_is_either_a_template_of_bare_names_or_refused(text: str) -> None:
    with suppress(TemplateRefused):
        template = templates.compile(text)
        assert all(name.isidentifier() for name in template.fields)
        template.render(dict.fromkeys(template.fields, "x"))


def test_every_known_field_has_one_origin() -> None:
    origins = (merge_fields.CONTACT_FIELDS, merge_fields.REQUEST_FIELDS, merge_fields.LINK_FIELDS)
    assert set().union(*origins) == merge_fields.KNOWN
    assert sum(map(len, origins)) == len(merge_fields.KNOWN)


def test_a_union_of_27000_is_rendered_in_seconds() -> None:
    template = templates.compile(DEAR)
    started = time.process_time()
    rendered = {template.render({"given_name": f"Ann {number}", "branch": "Leeds"}) for number in range(27_000)}
    assert len(rendered) == 27_000
    assert time.process_time() - started < 5
