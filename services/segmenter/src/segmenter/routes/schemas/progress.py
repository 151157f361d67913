"""Bodies of a campaign's progress."""

from dataclasses import asdict
from typing import Self

from pydantic import Field
from segmenter.domain.disclosure.progress import withheld_from_progress
from segmenter.domain.disclosure.small_counts import WithheldFigures, few
from segmenter.domain.fields import CampaignId, CountsByStatus, ResponseModel
from segmenter.domain.progress import BranchProgress
from segmenter.domain.progress import Progress as Figures


class Progress(ResponseModel):
    """How a campaign stands."""

    campaign_id: CampaignId
    state: str = Field(description="The campaign's state.", examples=["launched"])
    test: bool = Field(description="Whether it is a test send.", examples=[False])
    frozen: bool = Field(description="Whether its audience is decided.", examples=[True])
    fan_out_done: bool = Field(description="Whether every first delivery has been asked for.", examples=[True])
    audience: int | None = Field(examples=[1300])
    """Members of the frozen audience, skipped ones included. Null where withheld."""
    planned_skips: dict[str, int] | None = Field(examples=[{"no_consent": 66}])
    """Members of the audience who are left out, by reason. Null where withheld."""
    not_requested: int | None = Field(examples=[0])
    """Members for whom nothing has been asked for yet. Null where withheld."""
    requested: int | None = Field(description="Deliveries asked for. Null where withheld.", examples=[1234])
    done: int | None = Field(description="Deliveries that have ended. Null where withheld.", examples=[1200])
    by_status: CountsByStatus | None = Field(description="Deliveries by status. Null where withheld.")
    skipped: dict[str, int] | None = Field(examples=[{"suppressed": 4}])
    """Deliveries that dispatchers skipped, by reason. Null where withheld."""
    by_channel: dict[str, CountsByStatus] | None = Field(examples=[{"sms": {"delivered": 40}}])
    """Deliveries by channel and status. Null where withheld."""
    by_branch: list[BranchProgress] | None = Field(description="Deliveries by branch and status. Null where withheld.")
    withheld: WithheldFigures

    @classmethod
    def of(cls, figures: Figures) -> Self:
        """The figures as they may be shown."""
        names = withheld_from_progress(figures)
        return cls.model_validate({**asdict(figures), **dict.fromkeys(names), "withheld": few(names)})
