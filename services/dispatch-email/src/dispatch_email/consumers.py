"""What dispatch-email hears: what every dispatcher does, on the topics of its channel."""

from chassis.kafka.subscription import Subscription
from dispatch.app import Dispatch


def subscriptions(dispatch: Dispatch) -> tuple[Subscription, ...]:
    """Members, campaigns, participation and replies, the two topics of requests for e-mail, and deliveries: what it
    said itself, by which a restored database notices what it lacks."""
    return dispatch.subscriptions
