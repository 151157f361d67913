"""What checking of input depends on besides the input."""

from dataclasses import dataclass
from datetime import date, datetime

from chassis.errors import Refused

SENSITIVE_INTERESTS = frozenset(
    {"black-members", "disabled-members", "faith-network", "hiv-network", "lgbt-members", "migrant-members"}
)
"""Interests that are special-category data in themselves (GDPR article 9), as unions commonly name these networks."""


@dataclass(frozen=True, slots=True)
class InputContext:
    """`phone_region` reads national numbers; `sensitive` names the interests that are special-category data."""

    now: datetime
    phone_region: str
    sensitive: frozenset[str]

    @property
    def today(self) -> date:
        return self.now.date()

    def refuse_future(self, value: date | datetime | None, field: str) -> None:
        """Raises Refused naming the field. A day is compared in UTC."""
        if value is not None and value > (self.now if isinstance(value, datetime) else self.today):
            raise Refused("lies in the future", field=field)
