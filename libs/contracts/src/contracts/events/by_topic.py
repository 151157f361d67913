"""Which events each topic carries."""

from contracts.event import Event
from contracts.events.ballots import BallotClosed, BallotCounted, BallotOpened, ParticipationRecorded
from contracts.events.campaigns import (
    CampaignCancelled,
    CampaignCompleted,
    CampaignLaunched,
    CampaignPaused,
    CampaignResumed,
    SendingStopped,
)
from contracts.events.deliveries import (
    DeliveryAccepted,
    DeliveryDelivered,
    DeliveryFailed,
    DeliveryInDoubt,
    DeliveryRequested,
    DeliverySkipped,
)
from contracts.events.members import HeartbeatTicked, MemberChanged, MemberErased, SensitiveInterestsChanged
from contracts.events.replies import ReplyReceived
from contracts.events.union_events import BallotDeclared, DisputeDeclared, MeetingScheduled
from contracts.topics import (
    BALLOTS,
    CAMPAIGNS,
    DELIVERIES,
    EMAIL_REQUESTS,
    EMAIL_REQUESTS_URGENT,
    MEMBERS,
    MEMBERS_SENSITIVE,
    PARTICIPATION,
    REPLIES,
    SMS_REQUESTS,
    SMS_REQUESTS_URGENT,
    UNION_EVENTS,
    Topic,
)

EVENTS_BY_TOPIC: dict[Topic, tuple[type[Event], ...]] = {
    MEMBERS: (MemberChanged, MemberErased, HeartbeatTicked),
    MEMBERS_SENSITIVE: (SensitiveInterestsChanged, MemberErased, HeartbeatTicked),
    UNION_EVENTS: (MeetingScheduled, DisputeDeclared, BallotDeclared),
    CAMPAIGNS: (
        CampaignLaunched,
        CampaignPaused,
        CampaignResumed,
        CampaignCancelled,
        CampaignCompleted,
        SendingStopped,
    ),
    SMS_REQUESTS: (DeliveryRequested,),
    SMS_REQUESTS_URGENT: (DeliveryRequested,),
    EMAIL_REQUESTS: (DeliveryRequested,),
    EMAIL_REQUESTS_URGENT: (DeliveryRequested,),
    DELIVERIES: (DeliveryAccepted, DeliveryDelivered, DeliveryFailed, DeliverySkipped, DeliveryInDoubt),
    REPLIES: (ReplyReceived,),
    BALLOTS: (BallotOpened, BallotClosed, BallotCounted),
    PARTICIPATION: (ParticipationRecorded,),
}

ALL_EVENTS: tuple[type[Event], ...] = tuple(dict.fromkeys(kind for kinds in EVENTS_BY_TOPIC.values() for kind in kinds))
"""Every event once."""
