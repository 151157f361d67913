"""Twilio's error codes as data. The words are ours: Twilio's own texts hold the number.

Sources: Twilio's error dictionary; 4xx answers to a create carry 2xxxx codes, undelivered messages 3xxxx ones.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says. `address_bad` marks the contact; `opted_out` suppresses the address."""

    reason: str
    address_bad: bool = False
    opted_out: bool = False


_BAD = {"address_bad": True}
CODES: dict[str, Meaning] = {
    "20003": Meaning("credentials_refused"),
    "20404": Meaning("account_or_resource_unknown"),
    "20429": Meaning("too_many_requests"),
    "21211": Meaning("invalid_number", **_BAD),
    "21217": Meaning("invalid_number", **_BAD),
    "21265": Meaning("short_code_not_allowed", **_BAD),
    "21408": Meaning("region_not_permitted"),
    "21602": Meaning("text_missing"),
    "21603": Meaning("sender_missing"),
    "21604": Meaning("recipient_missing", **_BAD),
    "21606": Meaning("sender_not_ours"),
    "21608": Meaning("trial_recipient_not_verified"),
    "21609": Meaning("callback_address_invalid"),
    "21610": Meaning("opted_out", opted_out=True),
    "21611": Meaning("sender_queue_full"),
    "21612": Meaning("sender_cannot_reach_number"),
    "21614": Meaning("not_a_mobile", **_BAD),
    "21617": Meaning("text_too_long"),
    "21703": Meaning("messaging_service_empty"),
    "21704": Meaning("messaging_service_empty"),
    "21705": Meaning("messaging_service_unknown"),
    "30001": Meaning("queue_overflow"),
    "30002": Meaning("account_suspended"),
    "30003": Meaning("unreachable"),
    "30004": Meaning("blocked"),
    "30005": Meaning("unknown_handset", **_BAD),
    "30006": Meaning("landline_or_unreachable_carrier", **_BAD),
    "30007": Meaning("filtered_by_carrier"),
    "30008": Meaning("unknown_error"),
    "30034": Meaning("sender_not_registered"),
    "30036": Meaning("validity_period_over"),
    "30410": Meaning("carrier_timeout"),
    "63016": Meaning("outside_whatsapp_window"),
}


def meaning(code: str) -> Meaning:
    """What a code says; an unknown one is told apart by its number alone."""
    return CODES.get(code, Meaning("provider_error"))
