"""Many rows as one parameter, so that a batch is one statement."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """For `jsonb_to_recordset(CAST(:rows AS jsonb))`. The driver's own UUIDs go as text too."""
    return orjson.dumps([dict(row) for row in rows], default=str).decode()
