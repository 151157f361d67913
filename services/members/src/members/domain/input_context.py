"""What checking of input depends on besides the input."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from chassis.errors import Refused

SENSITIVE_INTERESTS = frozenset(
    {"black-members", "disabled-members", "faith-network", "hiv-network", "lgbt-members", "migrant-members"}
)
"""Interests that are special-category data in themselves (GDPR article 9), as unions commonly name these networks."""


@dataclass(frozen=True, slots=True)
class InputContext:
    """`phone_region` reads national numbers; `sensitive` names the interests that are special-category data; in `zone`
    a day begins and ends."""

    now: datetime
    phone_region: str
    sensitive: frozenset[str]
    zone: tzinfo = UTC

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def refuse_future(self, value: date | datetime | None, field: str) -> None:
        """Raises Refused naming the field. A day is compared in the union's zone."""
        if value is not None and value > (self.now if isinstance(value, datetime) else self.today):
            raise Refused("lies in the future", field=field)
