"""What `muster erasure sweep dispatch-sms` is told: a dispatcher's tables, and how Twilio deletes its copies."""

from dataclasses import replace

import dispatch.sweep
from chassis.database import Database
from chassis.erasing.share import Line
from dispatch_sms.provider import TwilioProvider
from dispatch_sms.settings import Settings


async def withdraw(database: Database) -> Line:
    """By the account that the service's environment names."""
    provider = TwilioProvider(Settings())
    try:
        return await dispatch.sweep.withdraw(database, provider.delete)
    finally:
        await provider.close()


SHARE = replace(dispatch.sweep.SHARE, withdraw=withdraw)
