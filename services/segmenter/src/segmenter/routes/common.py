"""What several routes share: bodies, paging, ETags."""

import re
from typing import Annotated, Any
from uuid import UUID

from chassis.errors import PreconditionRequired, Refused
from fastapi import Depends, Header, Query
from pydantic import BaseModel, ConfigDict

Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[UUID | None, Query()]


class Body(BaseModel):
    """A request body; an unknown field is refused by its name."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _version(if_match: Annotated[str | None, Header()] = None) -> int:
    if if_match is None:
        raise PreconditionRequired("say which version you change: If-Match with the ETag", field="If-Match")
    found = re.fullmatch(r'"?(\d{1,9})"?', if_match)
    if not found:
        raise Refused("is not an ETag of ours", field="If-Match")
    return int(found[1])


Version = Annotated[int, Depends(_version)]


def etag(version: int) -> str:
    """A version as an ETag."""
    return f'"{version}"'


def items(rows: list[dict[str, Any]], key: str, limit: int) -> dict[str, Any]:
    """A page; `next` is given as `after` to get the one that follows."""
    return {"items": rows, "next": rows[-1][key] if len(rows) == limit else None}
