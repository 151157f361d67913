"""Figures that are not shown because they are of a few people of a sensitive segment."""

from collections.abc import Iterable

from pydantic import BaseModel, Field
from segmenter.domain.disclosure.small_counts import FEW


class WithheldFigure(BaseModel):
    """A figure that is null, and why."""

    field: str = Field(description="Name of the figure.", examples=["recipients"])
    reason: str = Field(description="Why it is not shown.", examples=[FEW])


def few(names: Iterable[str]) -> list[WithheldFigure]:
    """Figures withheld because they are of a few people."""
    return [WithheldFigure(field=name, reason=FEW) for name in names]
