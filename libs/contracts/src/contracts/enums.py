"""Values that several services use. In events they are open strings: readers keep values they do not know."""

from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a member."""

    SMS = "sms"
    EMAIL = "email"


class Purpose(StrEnum):
    """What a message is for; consent is given per member, channel and purpose."""

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
    """draft → approved → launched → paused / resumed / cancelled / completed; approved → blocked when a confirmed start
    was refused at its time. Other services know a campaign from its launch on."""

    DRAFT = "draft"
    APPROVED = "approved"
    BLOCKED = "blocked"
    LAUNCHED = "launched"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class Effect(StrEnum):
    """What choosing an option of a poll does."""

    NONE = "none"
    VOTED = "voted"
    KEEP_CHASING = "keep_chasing"
    DO_NOT_ASK = "do_not_ask"


ENDS_THE_ASKING = frozenset({Effect.VOTED, Effect.DO_NOT_ASK})


class Intent(StrEnum):
    """What a reply asks for, recognised by its words."""

    ANSWER = "answer"
    STOP = "stop"
    UNCLEAR_STOP = "unclear_stop"
    """A stop in other words than a keyword: a person decides, and nothing is sent meanwhile."""
    START = "start"
    HELP = "help"


class LinkPurpose(StrEnum):
    """What a member's signed link to a poll is for; a link is valid for one purpose only."""

    ANSWER = "answer"
    TEST_ANSWER = "test-answer"
    """From a test send: an answer by it is never a vote."""


class SkipReason(StrEnum):
    """Why a member was sent nothing on a channel."""

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
