"""The states of a campaign, as data: (state, action) → the next state."""

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


class Action(StrEnum):
    """What is done to a campaign."""

    EDIT = "edit"
    APPROVE = "approve"
    LAUNCH = "launch"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    COMPLETE = "complete"


TRANSITIONS: dict[tuple[State, Action], State] = {
    (State.DRAFT, Action.EDIT): State.DRAFT,
    (State.DRAFT, Action.APPROVE): State.APPROVED,
    (State.DRAFT, Action.CANCEL): State.CANCELLED,
    (State.APPROVED, Action.EDIT): State.DRAFT,
    (State.APPROVED, Action.LAUNCH): State.LAUNCHED,
    (State.APPROVED, Action.CANCEL): State.CANCELLED,
    (State.LAUNCHED, Action.PAUSE): State.PAUSED,
    (State.LAUNCHED, Action.CANCEL): State.CANCELLED,
    (State.LAUNCHED, Action.COMPLETE): State.COMPLETED,
    (State.PAUSED, Action.RESUME): State.LAUNCHED,
    (State.PAUSED, Action.CANCEL): State.CANCELLED,
    (State.PAUSED, Action.COMPLETE): State.COMPLETED,
}
EVENTS: dict[Action, type[CampaignEvent]] = {
    Action.LAUNCH: CampaignLaunched,
    Action.PAUSE: CampaignPaused,
    Action.RESUME: CampaignResumed,
    Action.CANCEL: CampaignCancelled,
    Action.COMPLETE: CampaignCompleted,
}
"""The event that an action is published as; what happens to a draft is not published."""
RUNNING = frozenset({State.LAUNCHED, State.PAUSED})
"""States that dispatchers know of: the next action is published."""
UNLAUNCHED = frozenset({State.DRAFT, State.APPROVED})
_DONE = {
    Action.EDIT: "edited",
    Action.APPROVE: "approved",
    Action.LAUNCH: "launched",
    Action.PAUSE: "paused",
    Action.RESUME: "resumed",
    Action.CANCEL: "cancelled",
    Action.COMPLETE: "completed",
}


def next_state(state: State, action: Action) -> State:
    """The state after an action. Raises Conflict that names the present one."""
    following = TRANSITIONS.get((state, action))
    if following is None:
        raise Conflict(f"a campaign that is {state} cannot be {_DONE[action]}", field="state")
    return following


def is_published(state: State, action: Action) -> bool:
    """Whether an action on a campaign in this state concerns dispatchers."""
    return action is Action.LAUNCH or state in RUNNING
