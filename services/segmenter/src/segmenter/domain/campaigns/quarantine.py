"""A campaign that fails alone is put aside; when most of them fail, the fault is ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from traceback import extract_tb
from uuid import UUID

from chassis.errors import Unavailable
from contracts.enums import CampaignState
from pydantic import Field, ValidationError
from segmenter.domain.fields import CampaignId, ResponseModel

_FEW = 2
"""So many campaigns may be put aside whatever the number of others."""


class CampaignFailed(Exception):
    """One campaign cannot be read, or met a bug; its cause says which."""

    def __init__(self, campaign_id: UUID, cause: Exception) -> None:
        super().__init__(f"campaign {campaign_id}")
        self.campaign_id, self.cause = campaign_id, cause

    @property
    def reason(self) -> str:
        """For people, without any value of the campaign."""
        if isinstance(self.cause, ValidationError):
            faults = self.cause.errors(include_url=False, include_context=False, include_input=False)
            return "cannot be read: " + ", ".join(".".join(map(str, fault["loc"])) for fault in faults[:3])
        frames = extract_tb(self.cause.__traceback__)
        return f"{type(self.cause).__name__} in {frames[-1].name if frames else 'nowhere'}"


@dataclass(slots=True)
class Concern:
    """The campaign that a block of a background step works on, once it is known."""

    campaign_id: UUID | None = None


@contextmanager
def concerning(campaign_id: UUID | None = None) -> Iterator[Concern]:
    """What goes wrong inside is this campaign's, unless a part is unavailable."""
    concern = Concern(campaign_id)
    try:
        yield concern
    except (Unavailable, CampaignFailed):
        raise
    except Exception as error:
        if concern.campaign_id is None:
            raise
        raise CampaignFailed(concern.campaign_id, error) from error


def most_fail(failing: int, in_motion: int) -> bool:
    """Whether so many of the campaigns in motion fail that it is no fault of theirs."""
    return failing > _FEW and 2 * failing > in_motion


class UnreadableCampaign(ResponseModel):
    """A stored campaign that this version of the code cannot read."""

    campaign_id: CampaignId
    name: str = Field(description="Its name.", examples=["Strike ballot"])
    state: CampaignState = Field(description="Where it stands.", examples=["launched"])
    reason: str = Field(description="Which parts of it cannot be read.", examples=["cannot be read: definition.name"])
