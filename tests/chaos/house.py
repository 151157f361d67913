"""A small union on a real stack, and the ways to hurt one service of it at a named place."""

import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
from contracts.event import Received, decode
from contracts.events.deliveries import DeliveryEvent
from contracts.events.replies import ReplyReceived
from contracts.ids import Ids
from contracts.topics import DELIVERIES, REPLIES, Topic
from local_stack.api_clients import fetch_token
from local_stack.sandbox_client import SandboxClient
from local_stack.stack import Stack
from muster_demo import evidence
from muster_demo.staff import Staff
from sandbox.journal.lines import EMAIL, INBOUND, OUTCOMES, SMS, AcceptedMail, SentText

from tests.e2e.places import Settings, rows
from tests.support.answers import http_client
from tests.support.facts import eventually

UNION = "chaos-union"
OURS = "+447700900000"
_SENDERS = {"sms": OURS, "email": "branch@union.example.org"}
_CONTENT = {
    "sms": {"text": "{{ given_name }}, picket at six. STOP ends."},
    "email": {"subject": "Picket", "text": "{{ given_name }}, picket at six.\n\nNo more: {{ unsubscribe_link }}\n"},
}
TERMINAL = {"delivered", "undelivered", "rejected", "skipped", "expired"}
_LEDGER = """
SELECT delivery_id, member_id, state, gen, rev, published_rev, reference FROM deliveries WHERE campaign_id = $1
"""


class House:
    """Members whose texts always arrive, campaigns of one short text, and one process at a time to die."""

    def __init__(self, stack: Stack, settings: Settings, staff: Staff, secret: str) -> None:
        self.stack, self.settings, self.staff, self.sandbox = stack, settings, staff, SandboxClient(stack)
        self._secret, self._people, self._before = secret, 0, 0

    async def found(self) -> None:
        """The union's only body above the branches."""
        await self.staff.call("members", "PUT", f"/bodies/{UNION}", json={"kind": "union", "name": "Us"})

    async def branch(self, members: int) -> str:
        """A new branch with so many members, known to the segmenter."""
        body = f"branch-{uuid4().hex[:8]}"
        given = {"kind": "branch", "name": body, "parent": UNION}
        await self.staff.call("members", "PUT", f"/bodies/{body}", json=given)
        for _ in range(members):
            await self.staff.post("members", "/members", self.person(body))
        await self.known(body, members)
        return body

    async def known(self, body: str, members: int) -> None:
        """Until the segmenter counts so many there."""

        async def count() -> int:
            rule = {"rule": {"kind": "body", "bodies": [body]}}
            return int((await self.staff.post("segmenter", "/segments/preview", rule))["count"])

        await eventually(count, within=120, until=lambda seen: seen == members)

    def person(self, body: str) -> dict[str, Any]:
        """Somebody with a mobile and consent. The number's end has no fate in the sandbox."""
        self._people += 1
        said = {"source": "form", "wording_version": "1", "at": "2026-01-05T10:00:00Z"}
        return {
            "membership_number": f"C-{self._people}",
            "given_name": "Ann",
            "family_name": "Lee",
            "contact_points": [
                {"channel": "sms", "address": f"+447400{self._people:05d}7"},
                {"channel": "email", "address": f"ann.{self._people}@example.org"},
            ],
            "memberships": [{"body": body, "valid_from": "2019-09-01"}],
            "consents": [
                {"channel": channel, "purposes": ["campaign"], "granted": True, **said} for channel in _CONTENT
            ],
        }

    async def campaign(self, body: str, channel: str = "sms") -> UUID:
        """A campaign of one text, or one e-mail, to a branch, launched."""
        rule = {"kind": "body", "bodies": [body]}
        segment = await self.staff.post("segmenter", "/segments", {"name": body, "rule": rule})
        expires_at = self.stack.clock.now().replace(hour=20, minute=0)
        draft = {
            "name": body,
            "purpose": "campaign",
            "segment_id": segment["segment_id"],
            "content": [{"channel": channel, "language": "en", **_CONTENT[channel]}],
            "senders": [{"channel": channel, "address": _SENDERS[channel]}],
            "channels": {"rule": "preferred_else_next", "order": [channel]},
            "expires_at": expires_at.isoformat(),
        }
        campaign = str((await self.staff.post("segmenter", "/campaigns", draft))["campaign_id"])
        summary = await self.staff.post("segmenter", f"/campaigns/{campaign}/summary")
        confirmed = {"summary": summary["hash"]}
        await self.staff.post("segmenter", f"/campaigns/{campaign}/approve", confirmed)
        await self.staff.post("segmenter", f"/campaigns/{campaign}/launch", confirmed)
        return UUID(campaign)

    async def arm(self, name: str, failpoint: str) -> None:
        """Start a service anew with this failpoint, such as `sender.claimed=1`."""
        self._before = len(self.reached())
        self.settings.setdefault(name, {})["FAILPOINTS"] = failpoint
        try:
            await self.stack.restart(name)
        finally:
            del self.settings[name]["FAILPOINTS"]

    async def died(self, name: str, failpoint: str) -> None:
        """Until it has killed itself at this failpoint, and nowhere else."""
        child = self.stack.children[name]
        await eventually(lambda: not child.running, within=120)
        assert child.returncode == -signal.SIGKILL
        assert self.reached()[self._before :] == [failpoint]

    async def stands_still(self, failpoint: str) -> None:
        """Until a process that was armed with `:stop` does so."""
        await eventually(lambda: self.reached()[self._before :], within=120, until=lambda seen: seen == [failpoint])

    async def second(self, name: str) -> None:
        """One more replica of a service whose first may stand still."""
        await self.stack.launch(f"{name}-2")
        await self.stack.ready(f"{name}-2")

    def reached(self) -> list[str]:
        """Every failpoint that was hit so far."""
        log = self.stack.root / "state" / "failpoints.log"
        return log.read_text().split() if log.exists() else []

    @asynccontextmanager
    async def at(self, replica: str) -> AsyncIterator[httpx.AsyncClient]:
        """A client of one replica of members."""
        url = self.stack.url(replica)
        token = await fetch_token(self.stack.url("access"), self.staff.client_id, self._secret)
        async with http_client("members", url, headers={"Authorization": f"Bearer {token}"}) as client:
            yield client

    async def member_id(self, person: dict[str, Any]) -> str:
        """Under which id somebody was stored, whatever became of the answer."""
        query = "SELECT member_id FROM members WHERE membership_number = $1"
        (row,) = await eventually(lambda: rows(self.stack, "members", query, person["membership_number"]), within=60)
        return str(row["member_id"])

    async def ledger(self, campaign: UUID, service: str = "dispatch-sms") -> list[asyncpg.Record]:
        """Its rows in a dispatcher."""
        return await rows(self.stack, service, _LEDGER, campaign)

    async def states(self, campaign: UUID) -> Counter[str]:
        """How many of its deliveries are in each state."""
        return Counter(row["state"] for row in await self.ledger(campaign))

    async def texts(self, campaign: UUID) -> list[SentText]:
        """What the carrier took of it, in the order it took it."""
        ours = {str(row["delivery_id"]) for row in await self.ledger(campaign)}
        return [line for line in SMS.lines(self.stack.journal) if line["delivery_id"] in ours]

    async def mails(self, campaign: UUID) -> list[AcceptedMail]:
        """What the mail server took of it."""
        ours = {str(row["delivery_id"]) for row in await self.ledger(campaign, "dispatch-email")}
        return [line for line in EMAIL.lines(self.stack.journal) if line["delivery_id"] in ours]

    async def taken(self, campaign: UUID, number: int = 1) -> list[SentText]:
        """The same, once there are so many."""
        found: list[SentText] = await eventually(
            lambda: self.texts(campaign), within=120, until=lambda seen: len(seen) >= number
        )
        return found

    async def settled(self, campaign: UUID, members: int) -> list[asyncpg.Record]:
        """Its rows, once all of them are at their end and published; each went to the carrier, and once."""

        def ended(found: Sequence[asyncpg.Record]) -> bool:
            over = [row for row in found if row["state"] in TERMINAL and row["published_rev"] == row["rev"]]
            return len(over) == len(found) == members

        found: list[asyncpg.Record] = await eventually(lambda: self.ledger(campaign), within=120, until=ended)
        texts = Counter(line["delivery_id"] for line in await self.texts(campaign))
        assert {row["state"] for row in found} == {"delivered"}
        assert texts == {str(row["delivery_id"]): 1 for row in found}
        return found

    async def told(self, campaign: UUID) -> list[Received]:
        """Every event about its deliveries on the topic."""
        found = [decode(value) for value in await evidence.values(self.stack, DELIVERIES)]
        return [one for one in found if isinstance(one.event, DeliveryEvent) and one.event.campaign_id == campaign]

    def answered(self, number: str) -> set[UUID]:
        """Ids of the replies that texts from this number become, of those that a webhook took with a 2xx."""
        outcomes = {line["reference"]: line["status"] or 0 for line in OUTCOMES.lines(self.stack.journal)}
        return {reply for sid, reply in self._texted(number).items() if 200 <= outcomes.get(sid, 0) < 300}

    async def replies(self, number: str) -> Counter[UUID]:
        """How often each text from this number was told on the topic."""
        texted = set(self._texted(number).values())
        events = [decode(value).event for value in await evidence.values(self.stack, REPLIES)]
        return Counter(each.reply_id for each in events if isinstance(each, ReplyReceived) and each.reply_id in texted)

    def _texted(self, number: str) -> dict[str, UUID]:
        ids = Ids(self.stack.secrets["ID_SECRET"].encode())
        sids = [line["reference"] for line in INBOUND.lines(self.stack.journal) if line["from"] == number]
        return {sid: ids.event("reply", "sms", sid) for sid in sids}

    async def heard(self, topic: Topic, subject: str) -> list[dict[str, Any]]:
        """Every envelope on a topic with this subject, repeats included."""
        found = [orjson.loads(value) for value in await evidence.values(self.stack, topic)]
        return [one for one in found if one["subject"] == subject]
