"""Whole lists, fetched a page at a time."""

from typing import Any

import httpx


async def pages(client: httpx.AsyncClient, path: str, cursor: str, items: str = "items", **params: Any) -> list[Any]:
    """Every item, in the order of the pages."""
    found: list[Any] = []
    while True:
        page = (await client.get(path, params=params)).raise_for_status().json()
        found += page[items]
        if page["next"] is None:
            return found
        params |= {cursor: page["next"]}
