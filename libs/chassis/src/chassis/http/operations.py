"""The routes of an application, each with what its requests must carry."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chassis.http.auth import Needs
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute


@dataclass(frozen=True, slots=True)
class Operation:
    """A route: one path template and its methods."""

    path: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    route: BaseRoute
    needs: tuple[Needs, ...]
    public: str | None
    """What guards it in place of a token, if it is marked with `chassis.http.auth.public`."""
    query: frozenset[str] | None
    """Names of its query parameters. None: any name may stand there."""


def operations(api: FastAPI) -> Iterator[Operation]:
    """In the order in which they are matched, those of included routers too."""
    for context in iter_route_contexts(api.routes):
        route = context.original_route
        typed = context if isinstance(route, APIRoute) else None
        endpoint = getattr(route, "endpoint", None)
        strict = typed is not None and typed.include_in_schema and not getattr(endpoint, "__any_query__", False)
        yield Operation(
            path=context.path_format or "",
            pattern=context.path_regex,
            methods=frozenset(context.methods or ()),
            route=route,
            needs=tuple(_needs(typed.dependant)) if typed else (),
            public=getattr(endpoint, "__public__", None),
            query=frozenset(_query(typed.dependant)) if typed and strict else None,
        )


def _needs(dependant: Dependant) -> Iterator[Needs]:
    if isinstance(dependant.call, Needs):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _needs(inner)


def _query(dependant: Dependant) -> Iterator[str]:
    """The fields of a model of parameters stand there by themselves."""
    yield from (field.alias for field in get_flat_params(Dependant(query_params=dependant.query_params)))
    for inner in dependant.dependencies:
        yield from _query(inner)
