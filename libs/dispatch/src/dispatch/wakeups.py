"""The wake-ups of a dispatcher."""

from chassis.wakeup import Wakeup


class Wakeups:
    """`due`: a delivery may be claimed. `unpublished`: a transition is to be published. `campaigns`: one changed."""

    def __init__(self) -> None:
        self.due, self.unpublished, self.campaigns = Wakeup(), Wakeup(), Wakeup()
