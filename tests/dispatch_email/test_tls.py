"""A pooled connection under TLS, where asyncio counts what is still to be written in two places."""

import ssl

from dispatch.provider import Accepted, NotSent, Outcome
from dispatch_email.provider.mail import Mail

from tests.dispatch_email.hostile import Hostile
from tests.dispatch_email.letters import NOON, granted, outbound, settings

_OFFERS = b"250-localhost\r\n250 STARTTLS"


async def sent(server: Hostile, authority: str, *texts: str) -> list[Outcome]:
    """One after the other, on one connection while it lasts."""
    changes = {"smtp_host": "localhost", "smtp_ca_file": authority, "smtp_tls": "required", "smtp_connections": 1}
    async with server.serving():
        way = Mail(settings(server.port, **changes), lambda: NOON)
        outcomes = [await way.send(outbound(text=text), granted) for text in texts]
        await way.close()
    return outcomes


async def test_many_messages_of_any_length_go_over_one_connection(certificate: ssl.SSLContext, authority: str) -> None:
    server = Hostile(extensions=_OFFERS, tls=certificate)
    lengths = (1, 10, 20_000, 10, 10, 10_000, 1, 3, 20_000, 20_000)
    outcomes = await sent(server, authority, *("the ballot opens on Monday\n" * length for length in lengths))
    assert [type(outcome) for outcome in outcomes] == [Accepted] * len(lengths)
    assert (server.connections, len(server.bodies)) == (1, len(lengths))


async def test_hanging_up_in_mid_body_means_not_sent(certificate: ssl.SSLContext, authority: str) -> None:
    server = Hostile(extensions=_OFFERS, tls=certificate, body_bytes=1000)
    (outcome,) = await sent(server, authority, "the ballot opens on Monday\n" * 500_000)
    assert isinstance(outcome, NotSent)
    assert server.bodies == []
