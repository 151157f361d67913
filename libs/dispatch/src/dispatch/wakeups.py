"""The wake-ups of a dispatcher."""

from chassis.wakeup import Wakeup


class Wakeups:
    """`due`: a delivery may be claimed. `unpublished`: a transition is to be published."""

    def __init__(self) -> None:
        self.due, self.unpublished = Wakeup(), Wakeup()
