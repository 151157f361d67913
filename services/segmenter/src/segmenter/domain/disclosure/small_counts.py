"""The threshold below which people of a sensitive segment are not counted, and what reveals such a count."""

from collections.abc import Iterable, Mapping
from typing import Self

from pydantic import Field
from segmenter.domain.fields import ResponseModel

THRESHOLD = 10
"""People; what counts fewer of them is not shown."""
_FEW = f"fewer than {THRESHOLD} people of a sensitive segment"


class WithheldFigure(ResponseModel):
    """A figure that is null, and why."""

    field: str = Field(description="Name of the figure.", examples=["recipients"])
    reason: str = Field(description="Why it is not shown.", examples=[_FEW])


def few(names: Iterable[str]) -> list[WithheldFigure]:
    """Figures withheld because they are of a few people."""
    return [WithheldFigure(field=name, reason=_FEW) for name in names]


class Disclosed(ResponseModel):
    """Figures of which some may not be shown."""

    withheld: list[WithheldFigure] = Field(description="Figures that are not shown, and why.", examples=[[]])

    @classmethod
    def without(cls, figures: Mapping[str, object], names: Iterable[str]) -> Self:
        """These figures; those of these names are withheld because they are of a few people."""
        hidden = few(names)
        return cls.model_validate({**figures, **{each.field: None for each in hidden}, "withheld": hidden})


def shown_count(people: int | None, *, sensitive: bool) -> int | None:
    """A number of people as it may be shown; none at all is few as well."""
    return None if sensitive and people is not None and people < THRESHOLD else people


def has_small_part(counts: Mapping[str, int], most_each: int = 1) -> bool:
    """Whether a part of a breakdown counts a few. `most_each`: how often one person may be counted."""
    return any(0 < count < THRESHOLD * most_each for count in counts.values())


def splits_off_few(part: int, whole: int, most_each: int = 1) -> bool:
    """Whether a part, or what it leaves of the whole, is of a few people."""
    return 0 < part < THRESHOLD * most_each or 0 < whole - part < THRESHOLD * most_each


def leaves_few(counts: Iterable[int], people: int) -> bool:
    """Whether one of the counts is of all people but a few."""
    return any(0 < people - count < THRESHOLD for count in counts)
