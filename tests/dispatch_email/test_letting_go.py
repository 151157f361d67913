"""The dot is written only with the ledger's leave, which is asked for when nothing but the dot is missing."""

from dispatch.provider import Accepted, NotSent
from dispatch_email.provider.mail import Mail

from tests.dispatch_email.hostile import Hostile
from tests.dispatch_email.letters import NOON, granted, outbound, settings


async def test_leave_is_asked_for_after_the_body_and_before_the_dot() -> None:
    server, bodies_then = Hostile(), []

    async def asked() -> bool:
        assert len(server.said("DATA")) == 1
        bodies_then.append(len(server.bodies))
        return True

    async with server.serving():
        way = Mail(settings(server.port), lambda: NOON)
        assert isinstance(await way.send(outbound(), asked), Accepted)
        await way.close()
    assert (bodies_then, len(server.bodies)) == ([0], 1)


async def test_without_leave_no_dot_is_written_and_the_connection_is_given_up() -> None:
    server = Hostile()

    async def refused() -> bool:
        return False

    async with server.serving():
        way = Mail(settings(server.port), lambda: NOON)
        outcome = await way.send(outbound(), refused)
        assert isinstance(outcome, NotSent)
        assert outcome.why == "not_let_go"
        assert isinstance(await way.send(outbound(), granted), Accepted)
        await way.close()
    assert (len(server.bodies), server.connections) == (1, 2)


async def test_a_refusal_by_the_server_needs_no_leave() -> None:
    server, asked = Hostile(script={"rcpt": [b"450 4.2.1 Later"]}), []

    async def noted() -> bool:
        asked.append(1)
        return True

    async with server.serving():
        way = Mail(settings(server.port), lambda: NOON)
        assert isinstance(await way.send(outbound(), noted), NotSent)
        await way.close()
    assert asked == []
