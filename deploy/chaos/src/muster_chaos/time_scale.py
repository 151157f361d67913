"""The stack's settings for a run: the delivery design's spans, all scaled down by about twelve."""

DEADLINE, TIMEOUT = 8.0, 5.0
"""D and T, in seconds."""
PAUSE, LATE, LAG = 9.0, 4.0, 3.0
"""P, L and V. P is generous: on two busy cores a process may stand still for seconds by itself."""
DOUBT = PAUSE + LATE + LAG
"""Q, the least that is safe."""
LONGEST_STOP = PAUSE / 2
"""The longest SIGSTOP; the other half of P is for the machine's own stalls."""
LATE_ACCEPT = TIMEOUT + 0.75 * LATE
"""Seconds after which the carrier accepts a text whose sender gave up after T."""
LIST_LAG = 0.75 * LAG
OUTAGE = 5.0
"""An outage of a minute. It is longer than the carrier's retries, so that texts from members are found by list only."""
_CARRIER_RETRY = 0.1
"""Before the carrier's first retry of a webhook; the fifth and last comes 3.1 s after the first try, for 12.4 s."""
PROVIDER_OUTAGE = 50.0
"""Ten minutes."""
RATE_RECOVERY = 30.0
"""Fifteen windows of the rate's control without a refusal: from its floor to all that is allowed. Not scaled."""
STOP_REACH = 10.0
"""How long after a confirmed stop a message may still be accepted: not scaled."""
OPT_OUT_REACH = DEADLINE + PAUSE
"""How long after a STOP was taken a text may still be accepted: it may have been claimed just before."""
SMTP_CONNECTIONS = 8
"""Of each dispatcher: so many e-mails may be under way when it, the mail server or the database is hit."""

_SPANS = {
    "DEADLINE_SECONDS": f"{DEADLINE}",
    "CALL_TIMEOUT_SECONDS": f"{TIMEOUT}",
    "PAUSE_SECONDS": f"{PAUSE}",
    "LATE_ACCEPT_SECONDS": f"{LATE}",
    "LIST_LAG_SECONDS": f"{LAG}",
    "DOUBT_SECONDS": f"{DOUBT}",
    "LOOK_GAP_SECONDS": "4",
    "LOOK_EVERY_SECONDS": "0.5",
    "PROBE_SECONDS": "0.5",
    "DRAIN_SECONDS": "10",
}


def scale() -> dict[str, float]:
    """The scaled spans in seconds, by the letters of the delivery design."""
    return {"D": DEADLINE, "T": TIMEOUT, "P": PAUSE, "L": LATE, "V": LAG, "Q": DOUBT}


def settings(sms_per_second: float, mails_per_second: float) -> dict[str, dict[str, str]]:
    """By service; a change takes effect at the next start of a service."""
    rates = {"SMS_RATE_PER_SECOND": f"{sms_per_second}", "EMAIL_RATE_PER_SECOND": f"{mails_per_second}"}
    texts = {"LOOKS_PER_SECOND": "100", "STATUS_AFTER_SECONDS": "[5, 12, 45]", "IN_FLIGHT": "100", "MAX_ATTEMPTS": "8"}
    inbound = {"INBOUND_LIST_SECONDS": "5", "INBOUND_OVERLAP_SECONDS": "25"}
    """More attempts than usual: one delivery may be hit by several kills."""
    mails = {
        "SMTP_CONNECTIONS": f"{SMTP_CONNECTIONS}",
        "LIST_LAG_SECONDS": "0",
        "DEADLINE_SECONDS": "18",
        "CALL_TIMEOUT_SECONDS": "15",
        "SMTP_OFFER_SECONDS": "5",
        "SMTP_ANSWER_SECONDS": "10",
        "SMTP_RETRY_SECONDS": "1",
        "SMTP_RECONNECT_SECONDS": "1",
        "IN_FLIGHT": "32",
    }
    # A mail server that stands still for seconds on a busy machine must not look like one that never answers.
    return {
        "segmenter": {**rates, "APPROVAL_ABOVE": "100", "BOUNCE_MINUTES": "0.1", "FANOUT_CHUNK": "100"},
        "segmenter-worker": {},
        "dispatch-sms": {**_SPANS, **rates, **texts, **inbound},
        "dispatch-email": {**_SPANS, **rates, **mails},
        "ballot": {"COUNT_GRACE_SECONDS": "2"},
        "access": {},
        "members": {},
        "sandbox": {"CALLBACK_RETRY_SECONDS": f"{_CARRIER_RETRY}"},
    }
