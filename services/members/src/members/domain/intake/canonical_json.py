"""JSON read strictly (I-JSON, RFC 7493), and written with one spelling in the manner of RFC 8785."""

import json
import math
from typing import NoReturn

from chassis.errors import Refused


def read_json(body: bytes) -> object:
    """Raises Refused for another encoding than UTF-8, NaN and infinities, a key twice, or too deep a nesting."""
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)
    except UnicodeDecodeError:
        raise Refused("the body is not UTF-8", field="body") from None
    except RecursionError:
        raise Refused("the body is nested too deeply", field="body") from None
    except json.JSONDecodeError as error:
        raise Refused(f"the body is not JSON: {error.msg} at line {error.lineno}"[:200], field="body") from None
    except ValueError as error:
        raise Refused(f"the body {error}"[:200], field="body") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"holds {name}, which is not JSON")


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("has an object with the same key twice")
    return found


def canonical(value: object) -> str:
    """Keys sorted by UTF-16 code units, one spelling for each number, no blanks. `value` comes from a JSON parser."""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda pair: str(pair[0]).encode("utf-16-be"))
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{canonical(item)}" for key, item in items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise Refused("holds a number that is too large", field="data")
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
