"""What dispatch-email hears: what every dispatcher does, on the topics of its channel."""

from chassis.consuming import Hearing
from dispatch.assembly import Dispatch


def hearings(dispatch: Dispatch) -> tuple[Hearing, ...]:
    """Members, campaigns, participation and replies, the two topics of requests for e-mail, and deliveries: what it
    said itself, by which a restored database notices what it lacks."""
    return dispatch.hearings
