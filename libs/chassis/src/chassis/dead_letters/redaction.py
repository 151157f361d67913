"""The shape of a record without its values, which may be personal data."""

import re
from typing import Any

import orjson

_PSEUDONYMOUS = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(:[0-9a-f-]{36})?")
_PLAIN = ("specversion", "type", "source", "id", "time", "datacontenttype")
_SHORT = re.compile(r"[\w.:+/ -]{1,80}", re.ASCII)


def masked_key(key: bytes) -> str:
    """An id or an address's hash as it is; anything else by its length."""
    text = key.decode(errors="replace")
    return text if _PSEUDONYMOUS.fullmatch(text) else f"({len(key)} bytes)"


def masked(value: bytes) -> Any:
    """The envelope with its data masked; what is no envelope, by its length."""
    try:
        read = orjson.loads(value)
    except orjson.JSONDecodeError:
        return f"({len(value)} bytes, not JSON)"
    if not isinstance(read, dict) or "type" not in read:
        return _without_values(read)
    # Envelope attributes may be shown as long as they look like such; `subject` and `data` never.
    plain = {name for name in _PLAIN if isinstance(read.get(name), str) and _SHORT.fullmatch(read[name])}
    return {name: value if name in plain else _without_values(value) for name, value in read.items()}


def _without_values(value: Any) -> Any:
    match value:
        case dict():
            return {_name(name): _without_values(inner) for name, inner in value.items()}
        case list():
            return [_without_values(inner) for inner in value]
        case str():
            return f"({len(value)} characters)"
        case None:
            return None
        case _:
            return f"({type(value).__name__})"


def _name(name: str) -> str:
    """A field's name; what is no plain name, such as an address used as a key, is masked too."""
    return name if re.fullmatch(r"[a-z_][a-z_0-9]{0,40}", name) else f"({len(name)} characters)"
