"""Twilio's error codes as data. The words are ours: Twilio's own texts hold the number.

Sources: Twilio's error dictionary (twilio.com/docs/api/errors); 4xx answers to a create carry 2xxxx codes, undelivered
messages 3xxxx ones. A code not in the list is taken for a judgement of the message. See decision 0013.
"""

from dataclasses import dataclass
from enum import StrEnum


class Mends(StrEnum):
    """Who could make a refused message acceptable. Only where it is nobody is the message refused for good."""

    NOBODY = "nobody"
    """The number or the text is at fault."""
    ACCOUNT = "account"
    """Nothing of ours is taken: credentials, a suspended account, a limit of the day."""
    QUEUE = "queue"
    """Nothing from this number or messaging service until fewer of its messages wait at Twilio."""
    SENDER = "sender"
    """Nothing from this number or messaging service, or with what we set beside the text."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says. `address_bad` marks the contact; `opted_out` suppresses the address."""

    reason: str
    address_bad: bool = False
    opted_out: bool = False
    mends: Mends = Mends.NOBODY


def _bad(reason: str) -> Meaning:
    return Meaning(reason, address_bad=True)


def _account(reason: str) -> Meaning:
    return Meaning(reason, mends=Mends.ACCOUNT)


def _sender(reason: str) -> Meaning:
    return Meaning(reason, mends=Mends.SENDER)


CODES: dict[str, Meaning] = {
    "10001": _account("account_not_active"),
    "20003": _account("credentials_refused"),
    "20005": _account("account_not_active"),
    "20006": _account("access_denied"),
    "20008": _account("test_credentials"),
    "20403": _account("account_suspended"),
    "20404": _account("account_or_resource_unknown"),
    "20429": _account("too_many_requests"),
    "21211": _bad("invalid_number"),
    "21212": _sender("sender_invalid"),
    "21217": _bad("invalid_number"),
    "21265": _bad("short_code_not_allowed"),
    "21266": _bad("number_is_our_own"),
    "21408": Meaning("region_not_permitted"),
    "21601": _sender("sender_not_ours"),
    "21602": Meaning("text_missing"),
    "21603": _sender("sender_missing"),
    "21604": _bad("recipient_missing"),
    "21606": _sender("sender_not_ours"),
    "21608": Meaning("trial_recipient_not_verified"),
    "21609": _sender("callback_address_invalid"),
    "21610": Meaning("opted_out", opted_out=True),
    "21611": Meaning("sender_queue_full", mends=Mends.QUEUE),
    "21612": Meaning("sender_cannot_reach_number"),
    "21614": _bad("not_a_mobile"),
    "21617": Meaning("text_too_long"),
    "21620": _sender("validity_invalid"),
    "21635": _bad("landline"),
    "21659": _sender("sender_not_ours"),
    "21660": _sender("sender_of_another_account"),
    "21661": _sender("sender_cannot_text"),
    "21701": _sender("messaging_service_unknown"),
    "21703": _sender("messaging_service_empty"),
    "21704": _sender("messaging_service_empty"),
    "21705": _sender("messaging_service_unknown"),
    "21730": _account("maintenance"),
    "30001": Meaning("queue_overflow"),
    "30002": Meaning("account_suspended"),
    "30003": Meaning("unreachable"),
    "30004": Meaning("blocked"),
    "30005": _bad("unknown_handset"),
    "30006": _bad("landline_or_unreachable_carrier"),
    "30007": Meaning("filtered_by_carrier"),
    "30008": Meaning("unknown_error"),
    "30034": Meaning("sender_not_registered"),
    "30036": Meaning("validity_period_over"),
    "30410": Meaning("carrier_timeout"),
    "63016": Meaning("outside_whatsapp_window"),
    "63038": _account("daily_limit_reached"),
    "70051": _account("credentials_refused"),
    "90010": _account("account_not_active"),
}


def meaning(code: str) -> Meaning:
    """What a code says; an unknown one is told apart by its number alone."""
    return CODES.get(code, Meaning("provider_error"))
