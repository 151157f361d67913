"""The service as its tests see it."""

from dataclasses import dataclass

import httpx
from chassis.app import Application
from chassis.clock import Clock
from members.settings import Settings


@dataclass
class Running:
    """The service and what a test may want to reach of it."""

    http: httpx.AsyncClient
    application: Application
    clock: Clock
    settings: Settings
