"""The time for everything before the dot runs out in the same moment as the server's answer comes."""

import asyncio
from contextlib import suppress

from dispatch.provider import Accepted, NotSent
from dispatch_email.domain.replies import Reply
from dispatch_email.provider.connection import Connection, Letter, Way
from dispatch_email.provider.mail import Mail

from tests.dispatch_email.hostile import Hostile
from tests.dispatch_email.letters import NOON, granted, outbound, settings


class Swallowing(Connection):
    """aiosmtplib at its worst: the cancellation comes with the last answer, which is returned, and it is gone.

    The message stands complete at the server then, all but the dot.
    """

    async def offer(self, letter: Letter) -> Reply | None:
        refusal = await super().offer(letter)
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return refusal


async def test_no_dot_is_written_once_the_time_has_run_out_even_if_nobody_noticed() -> None:
    server = Hostile()
    made: list[Connection] = []

    def connect(way: Way) -> Connection:
        made.append(Swallowing(way) if not made else Connection(way))
        return made[-1]

    async with server.serving():
        way = Mail(settings(server.port, smtp_offer_seconds=6.0), lambda: NOON, connect)
        outcome = await way.send(outbound(), granted)
        assert isinstance(outcome, NotSent)
        assert outcome.why == "smtp_TimeoutError"
        assert len(server.said("DATA")) == 1
        assert server.bodies == []
        assert isinstance(await way.send(outbound(), granted), Accepted)  # on another connection
        assert len(server.bodies) == 1
        await way.close()
