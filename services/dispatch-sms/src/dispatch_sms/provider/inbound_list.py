"""Twilio's list of the texts that we received."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from dispatch.inbound.inbound import InboundText
from dispatch_sms.domain.numbers import sender_number
from dispatch_sms.provider.queries import asked
from twilio.base.page import Page
from twilio.rest.api.v2010.account.message import MessageInstance, MessageList

_PAGE = 1_000


class InboundList:
    """The list is the account's, newest first, with what we sent between. Its filter by date knows days only."""

    def __init__(self, messages: MessageList) -> None:
        self._messages = messages

    async def since(self, moment: datetime) -> list[InboundText]:
        """What came from then on, as far as the list shows it now. Raises Unavailable."""
        found: list[InboundText] = []
        day = datetime.combine(moment.astimezone(UTC).date(), time(), UTC)
        page: Page | None = await asked(self._messages.page_async(date_sent_after=day, page_size=_PAGE))
        while page is not None:
            messages = list(page)
            found += _inbound(messages, moment)
            if messages and all(sent and sent < moment for sent in map(_sent, messages)):
                break
            page = await asked(page.next_page_async())
        return found


def _inbound(messages: list[MessageInstance], moment: datetime) -> Iterator[InboundText]:
    for message in messages:
        number, sent = sender_number(message.from_ or ""), _sent(message)
        if str(message.direction) == "inbound" and number and message.sid and sent and sent >= moment:
            ours, words = sender_number(message.to or "") or "", (message.body or "").replace("\x00", "")
            media = int(message.num_media or 0)
            yield InboundText(number, ours, words, message.sid, media, sent_at=sent)


def _sent(message: MessageInstance) -> datetime | None:
    return message.date_sent or message.date_created
