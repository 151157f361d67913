"""Message templates: text and `{{ field }}`, nothing else.

Jinja2's sandbox parses and renders. An allow-list over its tokens and syntax tree refuses attributes, filters, calls,
loops and comments before anything is compiled, so that a template can read nothing but the values it is given.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from content.foreign_fields import leftover
from jinja2 import Template as Compiled
from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

MAX_CHARACTERS = 100_000
MAX_FIELDS = 100
"""Merge fields in one text, repetitions included; 20,000 took seconds to compile, and blocked the event loop."""
MAX_FIELD = 100
"""Characters between {{ and }}; keeps nesting within Python's recursion limit."""
_VALID_FIELD = re.compile(r"{{[^{}]*}}")
_NONE: Mapping[str, str] = {}
_CONTROLS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_OUTSIDE = frozenset({"data", "variable_begin", "variable_end"})
_REFUSED_TOKENS = {
    "block_begin": "loops and other blocks are not allowed",
    "comment_begin": "comments are not allowed",
    "raw_begin": "raw blocks are not allowed",
}
_REFUSED_NODES: dict[type[nodes.Node], str] = {
    nodes.Getattr: "attributes are not allowed",
    nodes.Getitem: "items of a value are not allowed",
    nodes.Call: "calls are not allowed",
    nodes.Filter: "filters are not allowed",
    nodes.Test: "tests are not allowed",
    nodes.CondExpr: "conditions are not allowed",
    nodes.Const: "fixed values are not allowed",
}


class TemplateRefused(ValueError):
    """The text is not a valid template. `field` is the merge field at fault, if one is, `reason` says why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field, self.reason = field, reason


class MissingValue(LookupError):
    """A merge field has no value and no fallback."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template. `fields` are its merge fields in order of appearance, each once."""

    fields: tuple[str, ...]
    _compiled: Compiled

    def render(self, values: Mapping[str, str], fallbacks: Mapping[str, str] = _NONE) -> str:
        """The text for one member. A blank value counts as missing, so that nobody reads 'Dear ,'.

        Line breaks and control characters in a value become one blank, so that a name cannot add a line or a header.
        Raises MissingValue.
        """
        return self._compiled.render({name: _value(name, values, fallbacks) for name in self.fields})

    def missing(self, values: Mapping[str, str], fallbacks: Mapping[str, str] = _NONE) -> tuple[str, ...]:
        """The fields that neither `values` nor `fallbacks` fill."""
        return tuple(name for name in self.fields if not _filled(name, values, fallbacks))


@lru_cache(maxsize=1024)
def compile(text: str, *, html: bool = False) -> Template:  # noqa: A001 - templates.compile is the plain word
    """The template of a text, cached; with `html`, values are escaped. Raises TemplateRefused."""
    if len(text) > MAX_CHARACTERS:
        raise TemplateRefused("", f"longer than {MAX_CHARACTERS} characters")
    environment = _environment(html)
    _check_tokens(environment, text)
    names = tuple(dict.fromkeys(_names(environment, text)))
    if found := leftover(_VALID_FIELD.sub(" ", text), html=html):
        name, written = found
        raise TemplateRefused(name, f"{written} would be sent as it is; write {{{{ field }}}}")
    return Template(names, environment.from_string(text))


@lru_cache(maxsize=2)
def _environment(html: bool) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(autoescape=html, keep_trailing_newline=True, cache_size=0)
    environment.globals.clear()
    return environment


def _check_tokens(environment: SandboxedEnvironment, text: str) -> None:
    """Raises TemplateRefused at the first token that is not allowed or exceeds a limit; reads no further."""
    fields = length = 0
    with _syntax_errors():
        for line, kind, value in environment.lex(text):
            if kind in _REFUSED_TOKENS:
                raise TemplateRefused("", f"line {line}: {_REFUSED_TOKENS[kind]}")
            fields += kind == "variable_begin"
            length = 0 if kind in _OUTSIDE else length + len(value)
            if fields > MAX_FIELDS:
                raise TemplateRefused("", f"line {line}: more than {MAX_FIELDS} merge fields")
            if length > MAX_FIELD:
                raise TemplateRefused("", f"line {line}: a merge field of more than {MAX_FIELD} characters")


@contextmanager
def _syntax_errors() -> Iterator[None]:
    try:
        yield
    except TemplateSyntaxError as error:
        raise TemplateRefused("", f"line {error.lineno}: not a merge field; write {{{{ field }}}}") from None


def _names(environment: SandboxedEnvironment, text: str) -> Iterator[str]:
    with _syntax_errors():
        tree = environment.parse(text)
    for output in tree.body:
        if not isinstance(output, nodes.Output):
            raise TemplateRefused("", f"line {output.lineno}: only text and {{{{ field }}}} are allowed")
        for node in output.nodes:
            yield from _name(node)


def _name(node: nodes.Expr) -> Iterator[str]:
    if isinstance(node, nodes.TemplateData):
        return
    if not isinstance(node, nodes.Name):
        reason = _REFUSED_NODES.get(type(node), "only a plain field name may stand between {{ and }}")
        raise TemplateRefused(_nearest_name(node), f"line {node.lineno}: {reason}")
    yield node.name


def _nearest_name(node: nodes.Node) -> str:
    found = node.find(nodes.Name)
    return found.name if found else ""


def _filled(name: str, values: Mapping[str, str], fallbacks: Mapping[str, str]) -> str:
    for source in (values, fallbacks):
        value = source.get(name)
        if value and (clean := _CONTROLS.sub(" ", value).strip()):
            return clean
    return ""


def _value(name: str, values: Mapping[str, str], fallbacks: Mapping[str, str]) -> str:
    value = _filled(name, values, fallbacks)
    if not value:
        raise MissingValue(name)
    return value
