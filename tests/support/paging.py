"""Whole lists, fetched a page at a time."""

from collections.abc import Mapping
from typing import Any

import httpx


async def pages(
    client: httpx.AsyncClient,
    path: str,
    cursor: str,
    items: str = "items",
    *,
    headers: Mapping[str, str] | None = None,
    **params: Any,
) -> list[Any]:
    """Every item, in the order of the pages; `cursor` is the parameter that takes `next`."""
    found: list[Any] = []
    while True:
        page = (await client.get(path, params=params, headers=headers)).raise_for_status().json()
        found += page[items]
        if page.get("next") is None:
            return found
        params |= {cursor: page["next"]}
