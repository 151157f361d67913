"""Bodies of a campaign's progress."""

from dataclasses import asdict
from typing import Self

from pydantic import BaseModel, ConfigDict, Field
from segmenter.domain.disclosure.progress import withheld_from_progress
from segmenter.domain.progress import Progress as Figures
from segmenter.routes.schemas.fields import CampaignId, CountsByStatus
from segmenter.routes.schemas.withheld import WithheldFigure, few

_NULL = "Null where withheld."


class BranchProgress(BaseModel):
    """Deliveries to the members of one branch."""

    branch: str | None = Field(description="Id of the branch; null for members of none.", examples=["leeds"])
    statuses: CountsByStatus


class Progress(BaseModel):
    """How a campaign stands."""

    model_config = ConfigDict(extra="ignore")
    campaign_id: CampaignId
    state: str = Field(description="The campaign's state.", examples=["launched"])
    test: bool = Field(description="Whether it is a test send.", examples=[False])
    frozen: bool = Field(description="Whether its audience is decided.", examples=[True])
    fan_out_done: bool = Field(description="Whether every first delivery has been asked for.", examples=[True])
    audience: int | None = Field(
        description=f"Members of the frozen audience, skipped ones included. {_NULL}", examples=[1300]
    )
    planned_skips: dict[str, int] | None = Field(
        description=f"Members of the audience who are left out, by reason. {_NULL}", examples=[{"no_consent": 66}]
    )
    not_requested: int | None = Field(
        description=f"Members for whom nothing has been asked for yet. {_NULL}", examples=[0]
    )
    requested: int | None = Field(description=f"Deliveries asked for. {_NULL}", examples=[1234])
    done: int | None = Field(description=f"Deliveries that have ended. {_NULL}", examples=[1200])
    by_status: CountsByStatus | None = Field(description=f"Deliveries by status. {_NULL}")
    skipped: dict[str, int] | None = Field(
        description=f"Deliveries that dispatchers skipped, by reason. {_NULL}", examples=[{"suppressed": 4}]
    )
    by_channel: dict[str, CountsByStatus] | None = Field(
        description=f"Deliveries by channel and status. {_NULL}", examples=[{"sms": {"delivered": 40}}]
    )
    by_branch: list[BranchProgress] | None = Field(description=f"Deliveries by branch and status. {_NULL}")
    withheld: list[WithheldFigure] = Field(description="Figures that are not shown, and why.", examples=[[]])

    @classmethod
    def of(cls, figures: Figures) -> Self:
        """The figures as they may be shown."""
        names = withheld_from_progress(figures)
        return cls.model_validate({**asdict(figures), **dict.fromkeys(names), "withheld": few(names)})
