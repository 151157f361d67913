"""For `muster erasure sweep dispatch-sms`: a dispatcher's tables, and how Twilio deletes its copies."""

from dataclasses import replace

import dispatch.erasure.residue
from chassis.db.database import Database
from chassis.erasure.residue import ReportLine
from dispatch_sms.provider import TwilioProvider
from dispatch_sms.settings import Settings


async def withdraw(database: Database) -> ReportLine:
    """By the account that the service's environment names."""
    provider = TwilioProvider(Settings())
    try:
        return await dispatch.erasure.residue.withdraw(database, provider.delete)
    finally:
        await provider.close()


RESIDUE = replace(dispatch.erasure.residue.RESIDUE, withdraw=withdraw)
