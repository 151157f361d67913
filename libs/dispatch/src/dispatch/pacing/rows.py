"""Rows of rates: the theoretical arrival time of the next unit (GCRA), and what the answers made of the rate
(`control`). One a (provider, sender), and one for all senders of the provider together. All times are seconds of the
database's clock."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields

from chassis.db.statements import run, run_many
from dispatch.pacing.control import STEP, Control
from sqlmodel.ext.asyncio.session import AsyncSession

_SETTLE = """
INSERT INTO rates (provider, sender, allowed, rate, step, theoretical_arrival, window_at)
SELECT :provider, n.sender, n.allowed, n.allowed, :step, clock_timestamp(), clock_timestamp()
FROM json_populate_recordset(NULL::rates, CAST(:rows AS json)) AS n ORDER BY n.sender
ON CONFLICT (provider, sender) DO UPDATE
SET allowed = excluded.allowed, rate = excluded.allowed * rates.rate / rates.allowed
WHERE rates.allowed <> excluded.allowed
"""
_CONTROL = [field.name for field in fields(Control)]
_LOCK = f"""
SELECT sender, {", ".join(_CONTROL)}, CAST(extract(epoch FROM theoretical_arrival) AS double precision) AS arrival,
    CAST(extract(epoch FROM window_at) AS double precision) AS began,
    CAST(extract(epoch FROM clock_timestamp()) AS double precision) AS now
FROM rates WHERE provider = :provider AND sender = ANY(CAST(:senders AS text[])) ORDER BY sender FOR UPDATE
"""  # noqa: S608 - names of our own
_WRITE = f"""
UPDATE rates r SET {", ".join(f"{name} = n.{name}" for name in _CONTROL)},
    theoretical_arrival = to_timestamp(n.arrival), window_at = to_timestamp(n.began)
FROM json_to_recordset(CAST(:rows AS json)) AS n(sender text, allowed double precision, rate double precision,
    step double precision, answered integer, refused integer, doubts integer, proved integer,
    arrival double precision, began double precision)
WHERE r.provider = :provider AND r.sender = n.sender
"""  # noqa: S608 - names of our own


@dataclass(slots=True)
class Row:
    """A locked row."""

    control: Control
    arrival: float
    began: float
    now: float

    def draw(self, units: float, apart: float) -> float:
        """Grant units; when the last of them ends."""
        self.arrival = max(self.arrival, self.now) + units * apart
        return self.arrival - self.now

    def end_window(self) -> None:
        """Judge the answers that were counted, if it is time."""
        if self.control.end_window(self.now - self.began):
            self.began = self.now

    @property
    def values(self) -> dict[str, float]:
        """What is written."""
        return asdict(self.control) | {"arrival": self.arrival, "began": self.began}


async def settle(session: AsyncSession, provider: str, allowed: Mapping[str, float]) -> None:
    """Make the rows of these senders, or bring them to changed settings; a rate that was lowered keeps its share."""
    rows = [{"sender": sender, "allowed": rate} for sender, rate in allowed.items()]
    await run_many(session, _SETTLE, rows, provider=provider, step=STEP)


async def lock(session: AsyncSession, provider: str, senders: Iterable[str]) -> dict[str, Row]:
    """The rows of these senders, in the order in which every process locks them; `now` of all is that of the first that
    was read last."""
    found = [row._asdict() for row in await run(session, _LOCK, provider=provider, senders=sorted(senders))]
    now = max(row.pop("now") for row in found)
    return {
        row.pop("sender"): Row(Control(**{name: row.pop(name) for name in _CONTROL}), **row, now=now) for row in found
    }


async def write(session: AsyncSession, provider: str, rows: Mapping[str, Row]) -> None:
    """What was made of them."""
    await run_many(
        session, _WRITE, [{"sender": sender} | row.values for sender, row in rows.items()], provider=provider
    )
