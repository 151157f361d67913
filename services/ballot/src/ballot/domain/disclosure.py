"""What may be told of few people, so that no figure speaks of a person."""

from collections.abc import Mapping
from typing import TypeVar

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


def totals(counts: Mapping[Key, int]) -> dict[Key, int | None]:
    """The result by option: all of it, unless fewer than ten people answered; then none of it."""
    told = sum(counts.values()) >= SMALLEST
    return {key: count if told else None for key, count in counts.items()}
