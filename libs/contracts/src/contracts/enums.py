"""Words of the field that several services use. On the wire they are open strings: a reader keeps an unknown branch."""

from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a member."""

    SMS = "sms"
    EMAIL = "email"


class Purpose(StrEnum):
    """What a message is for; a consent is given per member, channel and purpose."""

    SERVICE = "service"
    CAMPAIGN = "campaign"
    BALLOT_NOTICE = "ballot_notice"
    SURVEY = "survey"
    EMERGENCY = "emergency"
    ELECTION = "election"
    POLITICAL = "political"


class MemberStatus(StrEnum):
    """Only an active member is written to."""

    ACTIVE = "active"
    LEFT = "left"
    DECEASED = "deceased"


class CampaignState(StrEnum):
    """draft → approved → launched → paused / resumed / cancelled / completed."""

    DRAFT = "draft"
    APPROVED = "approved"
    LAUNCHED = "launched"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class Effect(StrEnum):
    """What an answer to a poll does, declared by its option."""

    NONE = "none"
    VOTED = "voted"
    KEEP_CHASING = "keep_chasing"
    DO_NOT_ASK = "do_not_ask"


ENDS_THE_ASKING = frozenset({Effect.VOTED, Effect.DO_NOT_ASK})


class Intent(StrEnum):
    """What a reply wants, as far as keywords tell."""

    ANSWER = "answer"
    STOP = "stop"
    START = "start"
    HELP = "help"


class LinkPurpose(StrEnum):
    """What a member's signed link to a poll is for; one for the one does not open the other."""

    ANSWER = "answer"
    TEST_ANSWER = "test-answer"
    """It was in a test send: what is answered there is never a vote."""


class SkipReason(StrEnum):
    """Why a member was not written to on a channel."""

    MEMBER_UNKNOWN = "member_unknown"
    CAMPAIGN_UNKNOWN = "campaign_unknown"
    ERASED = "erased"
    NOT_ACTIVE = "not_active"
    NO_CONTACT = "no_contact"
    BAD_CONTACT = "bad_contact"
    SUPPRESSED = "suppressed"
    NO_CONSENT = "no_consent"
    CANCELLED = "cancelled"
    ALREADY_TOOK_PART = "already_took_part"
    EXPIRED = "expired"
    FATIGUE = "fatigue"
    SAME_ADDRESS = "same_address"
    NOT_RENDERABLE = "not_renderable"
    TOO_LONG = "too_long"
