"""Which sender starts when: the next units of the rate of all senders together, each no sooner than its sender's own
rate allows. Pure: tests try it without a database."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from dispatch.pacing.rows import Row


class Want(NamedTuple):
    """A sender with due rows."""

    sender: str
    units: int
    """What they would cost, as far as it can be told."""
    campaign_id: UUID
    """Of its next row."""
    urgent: bool = False
    """Its next row is."""


def schedule(
    wants: Sequence[Want], rows: Mapping[str, Row], total: Row, units: int, apart: float, latest: float
) -> dict[str, list[float]]:
    """Give out up to `units`; by sender, the moments of its starts. A sender takes part that may start by `latest`, and
    has no more than fit in what the units of all take together.

    What can start first does; of those that could start at once the urgent one, else campaigns take turns and in each
    campaign its senders, in the order of `wants`. So a campaign in a thousand names has one turn.
    """
    starts: dict[str, list[float]] = defaultdict(list)
    given: Counter[UUID | str] = Counter()
    open_wants = {want.sender: want for want in wants if rows[want.sender].arrival <= latest}
    end = latest + units * apart

    def turn(want: Want) -> tuple[float, bool, int, int]:
        start = max(total.arrival, total.now, rows[want.sender].arrival)
        return start, not want.urgent, given[want.campaign_id], given[want.sender]

    while open_wants and units > 0:
        want = min(open_wants.values(), key=turn)
        row, (start, *_) = rows[want.sender], turn(want)
        if row.arrival > end:
            del open_wants[want.sender]
            continue
        starts[want.sender].append(start)
        total.arrival, row.arrival = start + apart, start + 1 / row.control.rate
        given.update((want.campaign_id, want.sender))
        units -= 1
        if given[want.sender] >= want.units:
            del open_wants[want.sender]
    return starts
