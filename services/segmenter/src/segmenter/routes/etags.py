"""Versions as ETag and If-Match."""

import re
from typing import Annotated

from chassis.errors import PreconditionRequired, Refused
from fastapi import Depends, Header


def _version(if_match: Annotated[str | None, Header()] = None) -> int:
    if if_match is None:
        raise PreconditionRequired("say which version you change: If-Match with the ETag", field="If-Match")
    found = re.fullmatch(r'"?(\d{1,9})"?', if_match)
    if not found:
        raise Refused("is not an ETag of ours", field="If-Match")
    return int(found[1])


IfMatch = Annotated[int, Depends(_version)]


def etag(version: int) -> str:
    """A version as an ETag."""
    return f'"{version}"'
