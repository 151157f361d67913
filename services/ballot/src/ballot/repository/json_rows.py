"""Many rows as one JSON parameter, so that a batch is one statement."""

from collections.abc import Iterable, Mapping

import orjson


def as_json(rows: Iterable[Mapping[str, object]]) -> str:
    """For `jsonb_to_recordset(CAST(:rows AS jsonb))`; the driver's own UUIDs become text."""
    return orjson.dumps([dict(row) for row in rows], default=str).decode()
