"""The states of a campaign, as data: by state and action the next state; and the events that publish them."""

from datetime import datetime
from enum import StrEnum

from chassis.errors import Conflict
from contracts.enums import CampaignState as State
from contracts.events import campaigns
from contracts.events.campaigns import CampaignEvent
from segmenter.domain.campaigns.campaign import Campaign


class Action(StrEnum):
    """What is done to a campaign; the value is the participle, for refusals."""

    EDIT = "edited"
    APPROVE = "approved"
    LAUNCH = "launched"
    BLOCK = "blocked"
    PAUSE = "paused"
    RESUME = "resumed"
    CANCEL = "cancelled"
    COMPLETE = "completed"


TRANSITIONS: dict[State, dict[Action, State]] = {
    State.DRAFT: {Action.EDIT: State.DRAFT, Action.APPROVE: State.APPROVED, Action.CANCEL: State.CANCELLED},
    State.APPROVED: {
        Action.EDIT: State.DRAFT,
        Action.LAUNCH: State.LAUNCHED,
        Action.BLOCK: State.BLOCKED,
        Action.CANCEL: State.CANCELLED,
    },
    State.BLOCKED: {Action.EDIT: State.DRAFT, Action.APPROVE: State.APPROVED, Action.CANCEL: State.CANCELLED},
    State.LAUNCHED: {Action.PAUSE: State.PAUSED, Action.CANCEL: State.CANCELLED, Action.COMPLETE: State.COMPLETED},
    State.PAUSED: {Action.RESUME: State.LAUNCHED, Action.CANCEL: State.CANCELLED, Action.COMPLETE: State.COMPLETED},
}
EVENTS: dict[Action, type[CampaignEvent]] = {
    Action.LAUNCH: campaigns.CampaignLaunched,
    Action.PAUSE: campaigns.CampaignPaused,
    Action.RESUME: campaigns.CampaignResumed,
    Action.CANCEL: campaigns.CampaignCancelled,
    Action.COMPLETE: campaigns.CampaignCompleted,
}
"""The event that an action is published as; what happens to a draft is not published."""
EVENT_OF_STATE: dict[State, type[CampaignEvent]] = {
    State.LAUNCHED: campaigns.CampaignLaunched,
    State.PAUSED: campaigns.CampaignPaused,
    State.CANCELLED: campaigns.CampaignCancelled,
    State.COMPLETED: campaigns.CampaignCompleted,
}
"""The event that shows a launched campaign as it is, where it is published again."""
RUNNING = frozenset({State.LAUNCHED, State.PAUSED})
"""States that dispatchers know of: the next action is published."""
UNLAUNCHED = frozenset({State.DRAFT, State.APPROVED, State.BLOCKED})


def next_state(state: State, action: Action) -> State:
    """The state after an action. Raises Conflict that names the present one."""
    following = TRANSITIONS.get(state, {})
    if action not in following:
        raise Conflict(f"a campaign that is {state} cannot be {action}", field="state")
    return following[action]


def is_published(state: State, action: Action) -> bool:
    """Whether an action on a campaign in this state concerns dispatchers."""
    return action is Action.LAUNCH or state in RUNNING


def campaign_event(kind: type[CampaignEvent], campaign: Campaign, poll_closes_at: datetime | None) -> CampaignEvent:
    """The event of this kind: a full snapshot of a launched campaign."""
    names = set(kind.model_fields)
    snapshot = campaign.model_dump(include=names) | campaign.definition.model_dump(include=names)
    return kind.model_validate({**snapshot, "poll_closes_at": poll_closes_at})
