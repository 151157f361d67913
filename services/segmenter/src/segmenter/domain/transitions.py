"""The life of a campaign, as data: (state, what is done) → the next state."""

from enum import StrEnum

from chassis.errors import Conflict
from contracts.campaigns import (
    CampaignCancelled,
    CampaignCompleted,
    CampaignEvent,
    CampaignLaunched,
    CampaignPaused,
    CampaignResumed,
)
from contracts.enums import CampaignState as State


class Deed(StrEnum):
    """What is done to a campaign."""

    EDIT = "edit"
    APPROVE = "approve"
    LAUNCH = "launch"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    COMPLETE = "complete"


TRANSITIONS: dict[tuple[State, Deed], State] = {
    (State.DRAFT, Deed.EDIT): State.DRAFT,
    (State.DRAFT, Deed.APPROVE): State.APPROVED,
    (State.DRAFT, Deed.CANCEL): State.CANCELLED,
    (State.APPROVED, Deed.EDIT): State.DRAFT,
    (State.APPROVED, Deed.LAUNCH): State.LAUNCHED,
    (State.APPROVED, Deed.CANCEL): State.CANCELLED,
    (State.LAUNCHED, Deed.PAUSE): State.PAUSED,
    (State.LAUNCHED, Deed.CANCEL): State.CANCELLED,
    (State.LAUNCHED, Deed.COMPLETE): State.COMPLETED,
    (State.PAUSED, Deed.RESUME): State.LAUNCHED,
    (State.PAUSED, Deed.CANCEL): State.CANCELLED,
    (State.PAUSED, Deed.COMPLETE): State.COMPLETED,
}
SAID: dict[Deed, type[CampaignEvent]] = {
    Deed.LAUNCH: CampaignLaunched,
    Deed.PAUSE: CampaignPaused,
    Deed.RESUME: CampaignResumed,
    Deed.CANCEL: CampaignCancelled,
    Deed.COMPLETE: CampaignCompleted,
}
"""The event a deed is announced by; a draft is nobody else's business."""
ANNOUNCED = frozenset({State.LAUNCHED, State.PAUSED})
"""States that dispatchers know of, so that the next deed must be announced."""


def after(state: str, deed: Deed) -> State:
    """The next state. Raises Conflict that says what the campaign is."""
    following = TRANSITIONS.get((State(state), deed))
    if following is None:
        raise Conflict(f"a campaign that is {state} cannot be {_PAST[deed]}", field="state")
    return following


_PAST = {
    Deed.EDIT: "edited",
    Deed.APPROVE: "approved",
    Deed.LAUNCH: "launched",
    Deed.PAUSE: "paused",
    Deed.RESUME: "resumed",
    Deed.CANCEL: "cancelled",
    Deed.COMPLETE: "completed",
}
