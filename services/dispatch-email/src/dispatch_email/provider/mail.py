"""SMTP out: one message, one recipient, one transaction."""

import asyncio
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from datetime import datetime

import aiosmtplib
from dispatch.provider import Accepted, Found, InDoubt, LetGo, Lookup, NotSent, Outbound, Outcome, Rejected, Seen
from dispatch.sending.backoff import seconds_to_wait, seconds_until_there
from dispatch_email.domain.fault import Fault
from dispatch_email.domain.replies import Meaning, Reply
from dispatch_email.domain.return_path import Attempt, ReturnPaths
from dispatch_email.provider.connection import AnswerMissing, Connection, Letter, Way
from dispatch_email.provider.message import OurAddress, Unsendable, build, mailbox, our_mailbox
from dispatch_email.provider.pool import Pool
from dispatch_email.provider.server import way_to
from dispatch_email.provider.signing import Signer
from dispatch_email.settings import Settings

_MOST_UNCLEAR = 5
"""Refusals without a known reason, one after the other and none taken between, that are held against the messages."""


class NotLetGo(Exception):
    """The dot may not be written: another has the attempt by now, or it cannot be noted."""


class Mail:
    """The channel's way out, through one mail server."""

    channel = "email"
    asks_permit = True

    def __init__(
        self, settings: Settings, now: Callable[[], datetime], connect: Callable[[Way], Connection] = Connection
    ) -> None:
        way: Way = way_to(settings)
        self._settings, self._now, self._unclear = settings, now, 0
        self._return_paths: ReturnPaths = settings.return_paths
        self._signer = Signer(settings.dkim_keys, processes=settings.dkim_processes)
        self._pool = Pool(
            lambda: connect(way),
            size=settings.smtp_connections,
            most=settings.smtp_messages_per_connection,
            idle=settings.smtp_idle_seconds,
        )

    def cost(self, text: str) -> int:
        """A message is a message."""
        return 1

    async def send(self, message: Outbound, permitted: LetGo) -> Outcome:
        """What came of it; only a written dot without an answer is in doubt. So it is when cancelled, too."""
        again = seconds_until_there(self._settings.smtp_reconnect_seconds, message.gen)
        try:
            letter = await self._letter(message)
            refusal = await self._carry(letter, permitted)
        except OurAddress as fault:
            wait = seconds_to_wait(self._settings.smtp_retry_seconds, message.gen)
            return NotSent(fault.reason, retry_after=wait, alarm=True)
        except Unsendable as fault:
            return Rejected(fault.code, fault.reason, address_bad=fault.address_bad)
        except AnswerMissing:
            return InDoubt("no_answer_after_dot")
        except asyncio.CancelledError:
            return NotSent("stopped_before_dot", retry_after=0.0)
        except NotLetGo:
            return NotSent("not_let_go", retry_after=again)
        except BrokenExecutor:
            return NotSent("not_signed", retry_after=again)
        except (aiosmtplib.SMTPException, OSError) as error:
            return self._not_reached(message, error, again)
        if refusal:
            return self._refused(message, refusal)
        self._unclear = 0
        return Accepted(letter.attempt.envelope_id)

    async def find(self, lookup: Lookup) -> Found:
        """A mail server keeps no list that can be asked."""
        return Found()

    async def status(self, reference: str) -> Seen | None:
        """Nor can it be asked about one message."""
        return None

    async def close(self) -> None:
        """Part from the server."""
        await self._pool.close()
        await asyncio.to_thread(self._signer.close)

    async def _carry(self, letter: Letter, permitted: LetGo) -> Reply | None:
        """None: accepted; a reply: refused with it. What comes before the dot has one limit, the answer another."""
        async with asyncio.timeout(self._settings.smtp_offer_seconds) as limit, self._pool.connection() as connection:
            refusal = await connection.offer(letter)
            if refusal:
                return refusal
            if not await permitted():
                raise NotLetGo
            if limit.expired():  # the library swallowed the cancellation: its answer came in the same moment
                raise TimeoutError("no time left before the dot")
            limit.reschedule(None)
            return await connection.finish()

    async def _letter(self, message: Outbound) -> Letter:
        attempt = Attempt(message.delivery_id, message.gen)
        to, sender = mailbox(message.to), our_mailbox(message.sender or self._settings.default_sender)
        raw = build(message, to=to, sender=sender, domain=self._settings.mail_domain, at=self._now())
        notify = "SUCCESS,FAILURE" if self._settings.smtp_notify_success else "FAILURE"
        return Letter(attempt, self._return_paths.of(attempt), to, await self._signer.sign(raw), notify, sender)

    def _not_reached(self, message: Outbound, error: Exception, again: float) -> Rejected | NotSent:
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            return self._refused(message, Reply(error.code, error.message, before_recipient=True))
        why = f"smtp_{type(error).__name__}"
        if isinstance(error, aiosmtplib.SMTPConnectResponseError):
            reply = Reply(error.code, error.message, before_recipient=True)
            return NotSent(why, again, lower_rate=reply.too_fast, alarm=reply.ours)
        return NotSent(why, retry_after=again)

    def _refused(self, message: Outbound, reply: Reply) -> Rejected | NotSent:
        wait = seconds_to_wait(self._settings.smtp_retry_seconds, message.gen)
        why = f"smtp_{reply.status}"
        match reply.meaning:
            case Meaning.REFUSED if self._of_all(reply):
                return NotSent(why, wait, alarm=True)
            case Meaning.REFUSED:
                return Rejected(reply.status, f"smtp_{reply.code}", address_bad=reply.address_bad)
            case Meaning.MEND:
                wait = self._settings.smtp_reconnect_seconds
        everybody = reply.too_fast or (reply.ours and reply.of_everybody)
        pause = min(wait, self._settings.smtp_retry_seconds)  # how often this one was put off is no fault of the others
        return NotSent(why, wait, lower_rate=everybody, pause=pause if everybody else None, alarm=reply.ours)

    def _of_all(self, reply: Reply) -> bool:
        """Whether a refusal that blames nobody is our own fault: it is the message's while others get through."""
        self._unclear += reply.fault is Fault.UNCLEAR
        return reply.fault is Fault.UNCLEAR and self._unclear > _MOST_UNCLEAR
