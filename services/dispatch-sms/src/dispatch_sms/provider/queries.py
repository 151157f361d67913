"""Questions to Twilio that change nothing: whatever goes wrong, the answer is not known now."""

from collections.abc import Awaitable
from typing import TypeVar

import aiohttp
from chassis.errors import Unavailable
from dispatch_sms.provider.client import UNREADABLE, Answered

T = TypeVar("T")


class Unknown(Unavailable):
    """Twilio has no such thing."""


async def asked(question: Awaitable[T]) -> T:
    """The answer. Raises Unavailable, or Unknown for a 404."""
    try:
        return await question
    except Answered as answered:
        if answered.status == 404:
            raise Unknown("the provider knows no such thing") from answered
        raise Unavailable(f"the provider answers {answered}") from answered
    except (aiohttp.ClientError, OSError, *UNREADABLE) as error:
        raise Unavailable("the provider cannot be asked") from error
