"""The topics that dispatch-sms reads: those of every dispatcher, for its channel."""

from chassis.kafka.subscription import Subscription
from dispatch.app import Dispatch


def subscriptions(dispatch: Dispatch) -> tuple[Subscription, ...]:
    """Members, campaigns, participation and replies, the two topics of requests for text messages, and its own
    deliveries, by which a restored database notices what it lacks."""
    return dispatch.subscriptions
