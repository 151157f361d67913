"""Disclosure control: figures about fewer than ten people are hidden, so that none can be traced to a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import Field

MIN_PEOPLE = 10
"""The fewest people a published figure may be about."""
_BRANCH = "Id of the branch; null for members without one."
_NAME = "Name of the branch when the roll was frozen."
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class BranchCount:
    """Roll and turnout of one branch, as counted."""

    branch: str | None
    branch_name: str | None
    roll: int
    took_part: int


@dataclass(frozen=True, slots=True)
class BranchTurnout:
    """Turnout of one branch."""

    branch: Annotated[str | None, Field(description=_BRANCH, examples=["unite-north-leeds"])]
    branch_name: Annotated[str | None, Field(description=_NAME, examples=["Leeds"])]
    roll: Annotated[int | None, Field(description="Members on the roll; null when hidden.", examples=[310])]
    took_part: Annotated[int | None, Field(description="Members who took part; null when hidden.", examples=[190])]


def breakdown(counts: Mapping[Key, int]) -> dict[Key, int | None]:
    """Parts of a published total: parts under ten are hidden, and further ones until none follows by subtraction.

    The sum of the hidden parts follows by subtraction, so at least two are hidden and their sum is ten or more.
    """
    hidden = {key for key, count in counts.items() if count < MIN_PEOPLE}
    if hidden:
        for key in sorted(counts.keys() - hidden, key=lambda key: (counts[key], str(key))):
            if len(hidden) > 1 and sum(counts[each] for each in hidden) >= MIN_PEOPLE:
                break
            hidden.add(key)
    return {key: None if key in hidden else count for key, count in counts.items()}


def branch_turnout(counts: tuple[BranchCount, ...]) -> tuple[BranchTurnout, ...]:
    """Rolls and turnout of all branches of a poll, each broken down as above."""
    rolls = breakdown({line.branch: line.roll for line in counts})
    took_part = breakdown({line.branch: line.took_part for line in counts})
    return tuple(BranchTurnout(one.branch, one.branch_name, rolls[one.branch], took_part[one.branch]) for one in counts)


def totals(counts: Mapping[Key, int]) -> dict[Key, int | None]:
    """Answers by option: all figures, or none when fewer than ten people answered."""
    published = sum(counts.values()) >= MIN_PEOPLE
    return {key: count if published else None for key, count in counts.items()}
