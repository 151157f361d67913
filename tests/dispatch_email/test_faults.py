"""Each way in which a mail server can misbehave, and what the dispatcher makes of it: the state, the tries, the book.

All of it over STARTTLS, which is required. The sandbox is told to do it once; whoever is asked for after that gets
their message at the first try, and at the end nobody has one twice.
"""

import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from chassis.db.database import Database
from contracts.events.campaigns import Content
from dispatch_email import app
from dispatch_email.settings import Settings
from sandbox.app import build as build_sandbox
from sandbox.settings import Settings as SandboxSettings
from sqlalchemy import text

from tests.dispatch_email.campaigning import Campaigning, member
from tests.dispatch_email.post import Post, quick
from tests.support.answers import http_client
from tests.support.facts import eventually
from tests.support.world import World

_NUMBERS: Iterator[int] = itertools.count(1)
SPANS = {"deadline_seconds": 18.0, "call_timeout_seconds": 14.0, "smtp_offer_seconds": 8.0, "smtp_answer_seconds": 5.0}
"""What is in doubt is held once its deadline is over, so those are begun first and waited for last."""


@dataclass(frozen=True)
class End:
    """What became of it: the last state, how many tries, how many copies the server has. `why` the first try
    ended (one of these), where it did not get through; `code` of a refusal, and whether it blames the address."""

    state: str
    tries: int = 1
    copies: int = 1
    why: tuple[str, ...] = ()
    code: str = ""
    bad: bool = False


def again(*why: str) -> End:
    """Certainly not taken: offered again, and taken then."""
    return End("accepted", tries=2, why=why)


def refused(code: str, *, bad: bool = False) -> End:
    return End("rejected", copies=0, code=code, bad=bad)


def in_doubt(copies: int) -> End:
    """Nobody can tell: held for a person, and never offered again."""
    return End("held", copies=copies)


def says(at: str, code: int, words: str) -> dict[str, Any]:
    return {"kind": "smtp.reply", "at": at, "code": code, "text": words}


def hangs_up(at: str, **more: Any) -> dict[str, Any]:
    return {"kind": "smtp.disconnect", "at": at, **more}


GONE = ("smtp_SMTPServerDisconnected", "smtp_ConnectionResetError")
"""As the end of the connection, or the reset that came with it, was noticed first."""
FAULTS: list[tuple[str, dict[str, Any], End]] = [
    ("421 at connect", says("connect", 421, "4.3.2 Busy"), again("smtp_SMTPConnectResponseError")),
    ("421 mid-session, to the sender", says("mail", 421, "4.3.2 Closing"), again("smtp_4.3.2")),
    ("421 mid-session, to the recipient", says("rcpt", 421, "4.3.2 Closing"), again("smtp_4.3.2")),
    ("421 after the dot", says("dot", 421, "4.3.2 Closing"), again("smtp_4.3.2")),
    ("450 to the recipient", says("rcpt", 450, "4.2.1 Later"), again("smtp_4.2.1")),
    ("451 to DATA", says("data", 451, "4.3.0 Later"), again("smtp_4.3.0")),
    ("451 after the dot", says("dot", 451, "4.3.0 Later"), again("smtp_4.3.0")),
    ("452 to the sender", says("mail", 452, "4.3.1 No room"), again("smtp_4.3.1")),
    ("550 5.1.1 to the recipient", says("rcpt", 550, "5.1.1 Nobody here"), refused("5.1.1", bad=True)),
    ("550 5.1.1 after the dot", says("dot", 550, "5.1.1 Nobody here"), refused("5.1.1", bad=True)),
    ("552 to the recipient", says("rcpt", 552, "5.2.2 Full"), refused("5.2.2")),
    ("552 after the dot", says("dot", 552, "5.2.2 Full"), refused("5.2.2")),
    ("554 to DATA", says("data", 554, "5.6.0 No"), refused("5.6.0")),
    ("554 after the dot", says("dot", 554, "5.6.0 No"), refused("5.6.0")),
    ("refused EHLO", says("ehlo", 502, "5.5.1 What"), again("smtp_SMTPException")),
    ("STARTTLS stripped", {"kind": "smtp.without", "extensions": ["STARTTLS"]}, again("smtp_SMTPException")),
    ("disconnect at connect", hangs_up("connect"), again("smtp_SMTPConnectError")),
    ("disconnect at EHLO", hangs_up("ehlo"), again(*GONE)),
    ("disconnect before 354", hangs_up("data"), again(*GONE)),
    ("disconnect mid-body of a long message", hangs_up("body"), again(*GONE)),
    ("disconnect after 250", hangs_up("accepted"), End("accepted")),
    ("disconnect after the dot, taken", hangs_up("dot", accept=True), in_doubt(1)),
    ("disconnect after the dot, not taken", hangs_up("dot", accept=False), in_doubt(0)),
]
_NOT_BEGUN = {"no slot", "too late to start"}
_KNOWS_NO_RECIPIENT = {"connect", "ehlo", "mail", None}
LONG = Content(channel="email", language="en", subject="All of it", text="{{ given_name }}\n" * 100)
"""Longer than the buffers between the two: a hang-up is noticed while it is written."""


@dataclass
class Office(Post):
    """With a look into the ledger."""

    database: Database

    async def armed(self, rule: dict[str, Any]) -> int:
        """The fault, to strike once; its number."""
        answer = await self.office.post("/sandbox/faults", json=rule | {"count": 1})
        return int(answer.raise_for_status().json()["faults"][0]["id"])

    async def struck(self, number: int) -> None:
        """Once it has."""

        async def hits() -> int:
            listed = (await self.office.get("/sandbox/faults")).json()["faults"]
            return int(next(each["hits"] for each in listed if each["id"] == number))

        await eventually(hits)

    async def rows(self, query: str, delivery_id: UUID) -> list[Any]:
        async with self.database.transaction() as session:
            return list((await session.execute(text(query), {"id": delivery_id})).all())

    async def ended(self, delivery_id: UUID) -> Any:
        """Its row, in a state that only a person changes."""

        async def look() -> Any:
            return (await self.rows("SELECT * FROM deliveries WHERE delivery_id = :id", delivery_id) or [None])[0]

        final = {"accepted", "rejected", "held", "skipped"}
        return await eventually(look, within=90, until=lambda row: row is not None and row.state in final)

    async def tries(self, delivery_id: UUID) -> list[Any]:
        """Its attempts, but for those that a busy machine, or the pause after a 421, never let begin."""
        attempts = await self.rows("SELECT * FROM attempts WHERE delivery_id = :id ORDER BY gen", delivery_id)
        return [attempt for attempt in attempts if attempt.why not in _NOT_BEGUN]

    async def held(self) -> set[str]:
        return {item["delivery_id"] for item in (await self.service.get("/held")).json()["items"]}


@pytest.fixture(scope="module")
async def office(world: World, authority: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """dispatch-email that sends over TLS or not at all, and the sandbox, which offers it. No connection rests for long:
    a fault at its beginning strikes the next message."""
    journal = tmp_path_factory.mktemp("journal")
    tls = {"smtp_tls_certificate": authority, "smtp_tls_key": Path(authority).parent / "key.pem"}
    carrier = build_sandbox(world.settings(SandboxSettings, smtp_port=0, journal_dir=journal, **tls))
    login = (world.secrets["TWILIO_ACCOUNT_SID"], world.secrets["TWILIO_AUTH_TOKEN"])
    async with carrier.serving() as carrier_url, http_client("sandbox", carrier_url, auth=login) as there:
        secure = {"smtp_host": "localhost", "smtp_tls": "required", "smtp_ca_file": authority}
        ours = quick(smtp_port=carrier.smtp_port, smtp_idle_seconds=0.01, **SPANS) | secure
        settings = world.settings(Settings, **ours)
        service, database = app.build(settings), Database(settings.database_url, pool_size=2)
        async with service.serving() as url, http_client("dispatch_email", url, headers=world.headers()) as client:
            yield Office(world, settings, client, there, service.bounce_port, journal, service.metrics, database)
        await database.close()


@dataclass
class Striking:
    """Asks for a message that a fault will meet."""

    office: Office
    usual: Campaigning
    lengthy: Campaigning
    done: dict[str, tuple[UUID, str]] = field(default_factory=dict)

    async def strike(self, name: str, rule: dict[str, Any]) -> tuple[UUID, str]:
        """Whose message it met, and their address; once for each fault."""
        if name not in self.done:
            address = f"struck-{next(_NUMBERS)}@x.example"
            fault = await self.office.armed(rule if rule.get("at") in _KNOWS_NO_RECIPIENT else rule | {"to": address})
            long = "long message" in name
            person = member(address, given_name="Ada" * 17_400 if long else "Ada")
            self.done[name] = await (self.lengthy if long else self.usual).ask(person), address
            await self.office.struck(fault)
        return self.done[name]


@pytest.fixture(scope="module")
async def striking(office: Office) -> Striking:
    """What will be in doubt is so already."""
    lengthy = await Campaigning.launched(office.world, content=(LONG,))
    striking = Striking(office, await Campaigning.launched(office.world), lengthy)
    for name, rule, end in FAULTS:
        if end.state == "held":
            await striking.strike(name, rule)
    return striking


@pytest.mark.parametrize(("name", "rule", "end"), [pytest.param(*fault, id=fault[0]) for fault in FAULTS])
async def test_nobody_has_it_twice_and_everybody_else_has_it_once_after(
    office: Office, striking: Striking, name: str, rule: dict[str, Any], end: End
) -> None:
    struck, address = await striking.strike(name, rule)
    other = f"other-{next(_NUMBERS)}@x.example"
    spared = await striking.usual.ask(member(other))
    row = await office.ended(struck)
    assert (row.state, row.code, row.address_bad) == (end.state, end.code, end.bad), row.passed
    tries = await office.tries(struck)
    assert len(tries) == end.tries
    assert row.gen == tries[-1].gen
    assert not end.why or (tries[0].outcome == "not_sent" and tries[0].why in end.why)
    assert len(await office.mail(address)) == end.copies
    passed = [status for _, status, *_ in row.passed]
    assert ("in_doubt" in passed, str(struck) in await office.held()) == (end.state == "held",) * 2
    row = await office.ended(spared)
    assert (row.state, len(await office.tries(spared)), len(await office.mail(other))) == ("accepted", 1, 1)
