"""One text message through Twilio: sent once, or found again."""

import errno
import re
from contextlib import suppress
from typing import Any

import aiohttp
from content.text_parts import count
from dispatch.provider import Accepted, Found, InDoubt, LetGo, Lookup, NotSent, Outbound, Outcome, Seen, Stranger
from dispatch.sending.backoff import seconds_until_there
from dispatch_sms.domain.callbacks import CallbackMarks, callback_url
from dispatch_sms.domain.codes import meaning
from dispatch_sms.domain.matching import Listed, Window, as_sent, could_be_ours, is_ours
from dispatch_sms.domain.outcomes import after_refusal
from dispatch_sms.domain.statuses import ledger_status
from dispatch_sms.provider.client import UNREADABLE, Answered, PooledHttp, client_at
from dispatch_sms.provider.inbound_list import InboundList
from dispatch_sms.provider.queries import Unknown, asked
from dispatch_sms.settings import Settings
from twilio.rest.api.v2010.account.message import MessageInstance

LONGEST_VALIDITY = 36_000
"""Seconds; Twilio's limit."""
MOST_LISTED = 3_000
_PAGE = 1_000
_UNREACHED_SECONDS = 5.0
"""Before the second try at a provider that could not be reached."""
_REFERENCE = re.compile(r"^(SM|MM)[0-9a-f]{32}$")
_NOT_OURS = {"inbound", "outbound-reply", "outbound-call"}
"""Directions of what no call of ours has made; an unknown one might be ours."""


class TwilioProvider:
    """The way out of dispatch-sms. See `dispatch.provider.Provider`."""

    def __init__(self, settings: Settings) -> None:
        token = settings.twilio_auth_token.get_secret_value()
        account = (settings.twilio_account_sid, token)
        self._http = PooledHttp(
            account,
            total=settings.call_timeout_seconds * 0.9,
            connect=min(settings.connect_timeout_seconds, settings.call_timeout_seconds / 2),
            connections=settings.in_flight,
        )
        self._messages = client_at(settings.twilio_base_url, *account, self._http).messages
        self.inbound_list = InboundList(self._messages)
        self._settings = settings
        self._callbacks = CallbackMarks(settings.link_secret.get_secret_value())

    @property
    def channel(self) -> str:
        """sms."""
        return "sms"

    @property
    def asks_permit(self) -> bool:
        """A request has no last byte before which nothing is certain to happen; the list tells what came of it."""
        return False

    def cost(self, text: str) -> int:
        """Parts, which is what carriers count."""
        return count(text).parts

    async def send(self, message: Outbound, _: LetGo) -> Outcome:
        """One POST, never repeated here."""
        try:
            created = await self._messages.create_async(**self._fields(message))
        except Answered as answered:
            return after_refusal(
                answered.status,
                answered.code,
                retry_after=answered.retry_after,
                first_wait=self._settings.refusal_wait_seconds,
                tries=message.gen,
            )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return _after_breach(error, message.gen)
        except UNREADABLE:
            return InDoubt("unreadable_answer")
        return _accepted(created.sid, message.text)

    async def find(self, lookup: Lookup) -> Found:
        """By `To` alone: the date filter is day-granular, and a queued message may have no date of sending yet."""
        listed = await asked(self._messages.list_async(to=lookup.to, page_size=_PAGE, limit=MOST_LISTED))
        window = Window(lookup.sender or self._settings.twilio_sender, lookup.since, lookup.until, lookup.is_text)
        described = [(_listed(found), found) for found in listed]
        fitting = [(text, found) for text, found in described if could_be_ours(text, window)]
        fitting.sort(key=lambda pair: (pair[0].created is not None, pair[0].created))
        ours = [found for text, found in fitting if is_ours(text, window)]
        strangers = [text for text, _ in fitting if not is_ours(text, window)]
        return Found(
            tuple(_seen(found) for found in ours),
            tuple(Stranger(text.reference, tuple(map(lookup.mark_of, as_sent(text.text)))) for text in strangers),
            conclusive=bool(ours) or len(listed) < MOST_LISTED,
        )

    async def status(self, reference: str) -> Seen | None:
        """What became of a message whose receipt is late; None when Twilio does not know it."""
        try:
            return _seen(await asked(self._messages(reference).fetch_async()))
        except Unknown:
            return None

    async def delete(self, reference: str) -> None:
        """Have Twilio keep it no longer, neither number nor text; one it does not know is gone already. Raises
        Unavailable, also for a message that has not ended."""
        with suppress(Unknown):
            await asked(self._messages(reference).delete_async())

    async def close(self) -> None:
        """Give connections back."""
        await self._http.close()

    def _fields(self, message: Outbound) -> dict[str, Any]:
        sender = message.sender or self._settings.twilio_sender
        named = "messaging_service_sid" if sender.startswith("MG") else "from_"
        mark = self._callbacks.mark(message.delivery_id, message.gen)
        return {
            "to": message.to,
            named: sender,
            "body": message.text,
            "smart_encoded": False,  # else the service's own setting may change the text that is counted and compared
            "validity_period": max(1, min(message.valid_for, LONGEST_VALIDITY)),
            "status_callback": callback_url(self._settings.public_url, message.delivery_id, message.gen, mark),
        }


def _after_breach(error: aiohttp.ClientError | OSError, tries: int) -> Outcome:
    """Only what failed before a connection stood, its TLS included, was certainly not sent: no byte of it was."""
    wait = seconds_until_there(_UNREACHED_SECONDS, tries)
    match error:
        case aiohttp.ClientConnectorDNSError():
            return NotSent("name_not_resolved", retry_after=wait)
        case aiohttp.ClientConnectorError() if error.os_error.errno == errno.ECONNREFUSED:
            return NotSent("connection_refused", retry_after=wait)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return NotSent("not_connected", retry_after=wait)
        case TimeoutError():
            return InDoubt("timeout")
        case _:
            return InDoubt("connection_broken")


def _accepted(sid: object, text: str) -> Outcome:
    if not isinstance(sid, str) or not _REFERENCE.match(sid):
        return InDoubt("unreadable_answer")
    billed = count(text)
    return Accepted(sid, parts=billed.parts, encoding=billed.encoding)


def _listed(message: MessageInstance) -> Listed:
    return Listed(
        reference=message.sid or "",
        sender=message.from_ or "",
        service=message.messaging_service_sid or "",
        text=message.body or "",
        created=message.date_created or message.date_sent,
        outbound=str(message.direction or "") not in _NOT_OURS,
    )


def _seen(message: MessageInstance) -> Seen:
    code = str(message.error_code or "")
    billed = count(message.body or "")
    return Seen(
        reference=message.sid or "",
        status=ledger_status(str(message.status or "")),
        code=code,
        parts=billed.parts,
        encoding=billed.encoding,
        address_bad=meaning(code).address_bad,
    )
