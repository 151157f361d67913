"""What the services work with."""

from typing import NamedTuple

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.wakeup import Wakeup
from segmenter.settings import Settings


class Parts(NamedTuple):
    """The parts of the application that most services need."""

    database: Database
    clock: Clock
    settings: Settings
    wakeup: Wakeup
    """Wakes the background steps of this process."""


class Service:
    """Base of the services that need these parts."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._database, self._clock, self._settings, self._wakeup = parts
