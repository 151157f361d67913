"""What dispatch-email does beside dispatching: bounces, mail from members, unsubscribing."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid5

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Forbidden, NotFound
from chassis.observability.metrics import Metrics
from chassis.periodic import Periodic
from chassis.signed_links import SignedLinks
from dispatch.inbound.inbound import Inbound
from dispatch.provider import Seen
from dispatch.settlement.receipts import Receipts
from dispatch_email import repository
from dispatch_email.domain.personal_mail import PersonalMail, personal_mail
from dispatch_email.domain.reports import Kind, Report, read
from dispatch_email.domain.return_path import Attempt, ReturnPaths
from dispatch_email.models import MailFromMember, Stray


class Bounces:
    """Only the signed address says whose delivery a bounce is about; a mail without one is only counted.

    Mails are read off the event loop, one at a time: a hostile one may take a second.
    """

    def __init__(
        self,
        database: Database,
        receipts: Receipts,
        inbound: Inbound,
        return_paths: ReturnPaths,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._database, self._receipts, self._inbound = database, receipts, inbound
        self._return_paths, self._clock = return_paths, clock
        self._reading = asyncio.Semaphore(1)
        self._heard = metrics.counter("bounces_heard", "mails to the bounce address", ("kind", "ours"))

    async def hear(self, recipients: Sequence[str], raw: bytes) -> None:
        """Returns after the commit. Raises Unavailable."""
        async with self._reading:
            report, mail = await asyncio.to_thread(_read, raw)
        attempt = self._attempt(recipients, report)
        self._heard.labels(report.kind, "yes" if attempt else "no").inc()
        if attempt is None or report.kind in {Kind.UNKNOWN, Kind.AUTO_REPLY}:
            await self._set_apart(report.kind, attempt, mail, hashlib.sha256(raw).digest())
        elif report.kind is Kind.COMPLAINT:
            await self._inbound.unsubscribe(attempt.delivery_id, source="complaint")
        elif report.kind in {Kind.FAILED, Kind.DELIVERED}:
            await self._receipts.take(attempt.delivery_id, attempt.gen, _seen(report))

    async def strays(self, before: date | None, limit: int) -> Sequence[Stray]:
        """What came and fitted nothing, by day and kind."""
        async with self._database.transaction() as session:
            return await repository.strays(session, before, limit)

    def _attempt(self, recipients: Sequence[str], report: Report) -> Attempt | None:
        addresses = [*recipients, report.return_path]
        return next(filter(None, map(self._return_paths.attempt, addresses)), None)

    async def _set_apart(self, kind: Kind, attempt: Attempt | None, mail: PersonalMail | None, digest: bytes) -> None:
        now = self._clock.now()
        async with self._database.transaction() as session:
            await repository.count_stray(session, self._clock.today(), kind, attempt is not None)
            if attempt and mail:
                mail_id = uuid5(attempt.delivery_id, digest.hex())
                automatic = kind is Kind.AUTO_REPLY
                await repository.keep_mail(session, mail_id, attempt.delivery_id, mail, automatic=automatic, at=now)


class MailFromMembers:
    """What members wrote to a return path of ours, for a person to read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def task(self) -> Periodic:
        """Lets go of what members wrote who were erased; what is old goes by its span."""
        return Periodic("mail-from-members", self.forget_erased, every=60.0, leader=self._database)

    async def unread(self, after: datetime | None, limit: int) -> Sequence[MailFromMember]:
        """Oldest first."""
        async with self._database.transaction() as session:
            return await repository.mail_from_members(session, after, limit)

    async def seen(self, mail_id: UUID) -> None:
        """A person has dealt with it. Raises NotFound."""
        async with self._database.transaction() as session:
            if not await repository.drop_mail(session, mail_id):
                raise NotFound("there is no such mail")

    async def forget_erased(self) -> None:
        """One round."""
        async with self._database.transaction() as session:
            await repository.drop_mail_of_the_erased(session)


class Unsubscribing:
    """A member leaves by the link in a message."""

    def __init__(self, database: Database, inbound: Inbound, links: SignedLinks, clock: Clock) -> None:
        self._database, self._inbound, self._links, self._clock = database, inbound, links, clock

    async def language(self, token: str) -> str:
        """The member's, for the page; English when nobody knows any more. Raises Forbidden."""
        return await self._language(self._delivery(token))

    async def unsubscribe(self, token: str, source: str) -> str:
        """Suppress the address of that delivery and tell the member's language; a repeat changes nothing.

        Raises Forbidden for a token that is not valid, NotFound for a delivery that is no longer known.
        """
        delivery_id = self._delivery(token)
        if not await self._inbound.unsubscribe(delivery_id, source=source):
            raise NotFound("the message this link came with is no longer known")
        return await self._language(delivery_id)

    async def _language(self, delivery_id: UUID) -> str:
        async with self._database.transaction() as session:
            return await repository.language(session, delivery_id) or "en"

    def _delivery(self, token: str) -> UUID:
        ids = self._links.open("unsubscribe", token, self._clock.now())
        if len(ids) != 1:
            raise Forbidden("this link is not valid")
        return ids[0]


def _seen(report: Report) -> Seen:
    if report.kind is Kind.DELIVERED:
        return Seen(status="delivered", code=report.status)
    return Seen(status="undelivered", code=report.status, reason="bounced", address_bad=report.address_bad)


def _read(raw: bytes) -> tuple[Report, PersonalMail | None]:
    report = read(raw)
    return report, personal_mail(raw, report.kind)
