"""Which incidents a run has, and after how many kills each of them comes."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Incident = Literal["database-outage", "stop-in-outage", "provider-outage", "broker-rebuilt", "erasures-and-import"]
INCIDENTS: tuple[Incident, ...] = get_args(Incident)


@dataclass(frozen=True, slots=True)
class Planned:
    """An incident, and after how many kills it comes."""

    incident: Incident
    after: int


def named(names: str) -> tuple[Incident, ...]:
    """Those of a list such as `stop-in-outage,broker-rebuilt`; `all`, or `none`. Raises ValueError."""
    wanted = {name.strip() for name in names.split(",")} - {"", "none"}
    if unknown := wanted - {"all", *INCIDENTS}:
        raise ValueError(f"no incident {', '.join(sorted(unknown))}: all, none, or of {', '.join(INCIDENTS)}")
    return INCIDENTS if "all" in wanted else tuple(name for name in INCIDENTS if name in wanted)


def plan(seed: int, incidents: Sequence[Incident], kills: int) -> list[Planned]:
    """Each of them once, in an order that the seed draws, spread over so many kills."""
    dice = random.Random(f"incidents {seed}")  # noqa: S311 - a repeatable draw, not a secret
    drawn = dice.sample(incidents, len(incidents))
    return [Planned(each, kills * place // (len(drawn) + 1)) for place, each in enumerate(drawn, start=1)]
