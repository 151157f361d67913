"""What may be told of few people, so that no figure speaks of a person, and of those asked for a sensitive interest."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from contracts.scopes import SENSITIVE_SCOPE

NOT_FOR_CALLER = f"a sensitive campaign asks this poll; the token lacks the scope {SENSITIVE_SCOPE}"
NOT_KNOWN = f"no campaign is known yet that asks this poll; the token lacks the scope {SENSITIVE_SCOPE}"
SMALLEST = 10
"""The fewest people of whom a figure is told."""
Key = TypeVar("Key")


def breakdown(counts: Mapping[Key, int]) -> dict[Key, int | None]:
    """Parts of a total that is told: parts under ten are hidden, and further ones until none follows by subtraction.

    The hidden parts' sum can be had by subtracting, so at least two are hidden and their sum is ten or more.
    """
    hidden = {key for key, count in counts.items() if count < SMALLEST}
    if hidden:
        for key in sorted(counts.keys() - hidden, key=lambda key: (counts[key], str(key))):
            if len(hidden) > 1 and sum(counts[each] for each in hidden) >= SMALLEST:
                break
            hidden.add(key)
    return {key: None if key in hidden else count for key, count in counts.items()}


def masked(entry: Mapping[str, Any], sensitive: Mapping[UUID, bool]) -> dict[str, Any]:
    """An entry of a member's history for a caller without the scope: that they answered says that they were asked, and
    with the poll's id or title why. `sensitive` by the id of each poll that a campaign is known to ask; of an answer to
    any other nothing is known, so nothing is told. The roll is everybody's, and is hidden only so that it tells no
    title of what is hidden beside it."""
    asked = sensitive.get(entry["poll_id"])
    if asked is False or (asked is None and entry["what"] == "on_roll"):
        return dict(entry)
    hidden = dict.fromkeys(("poll_id", "title", "option"))
    return {**entry, **hidden, "withheld": NOT_FOR_CALLER if asked else NOT_KNOWN}


def totals(counts: Mapping[Key, int]) -> dict[Key, int | None]:
    """The result by option: all of it, unless fewer than ten people answered; then none of it."""
    told = sum(counts.values()) >= SMALLEST
    return {key: count if told else None for key, count in counts.items()}
