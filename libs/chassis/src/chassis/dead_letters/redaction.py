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
    return {name: said if _is_plain(name, said) else _without_values(said) for name, said in read.items()}


def _is_plain(name: str, said: Any) -> bool:
    """Envelope attributes are ours to show, as long as they look like it; `subject` and `data` never are."""
    return name in _PLAIN and isinstance(said, str) and bool(_SHORT.fullmatch(said))


def _without_values(said: Any) -> Any:
    match said:
        case dict():
            return {_name(name): _without_values(value) for name, value in said.items()}
        case list():
            return [_without_values(value) for value in said]
        case str():
            return f"({len(said)} characters)"
        case None:
            return None
        case _:
            return f"({type(said).__name__})"


def _name(name: str) -> str:
    """A field's name; what is no plain name, such as an address used as a key, is masked too."""
    return name if re.fullmatch(r"[a-z_][a-z_0-9]{0,40}", name) else f"({len(name)} characters)"
