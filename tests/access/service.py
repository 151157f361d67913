"""The running service, and the parts of it that tests use."""

from dataclasses import dataclass

import httpx
from access.settings import Settings
from chassis.app import Application
from chassis.clock import Clock

KEY_SECRET = "0123456789abcdef" * 4


@dataclass
class Running:
    """The service over HTTP, with its parts."""

    http: httpx.AsyncClient
    application: Application
    clock: Clock
    settings: Settings
