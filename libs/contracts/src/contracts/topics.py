"""The one list of topics: the local stack, tests, manifests and ACLs come from it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Cleanup(StrEnum):
    """What Kafka does with old records."""

    DELETE = "delete"
    COMPACT = "compact"


SERVICES = ("access", "members", "segmenter", "dispatch-sms", "dispatch-email", "ballot")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic. `retention` None on compacted ones; `personal` holds what belongs to a person; `kept` says why records
    are kept for so long, on compacted ones also what ends a key. How many partitions it has is the
    installation's choice."""

    name: str
    key: str
    cleanup: Cleanup
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    kept: str
    retention: timedelta | None = None
    personal: bool = False

    @property
    def segment(self) -> timedelta:
        """At most a tenth of the retention, at most an hour on personal topics: otherwise nothing expires."""
        longest = _HOUR if self.personal else _DAY
        return min(longest, self.retention / 10) if self.retention else longest

    def config(self) -> dict[str, str]:
        """Kafka's topic settings; replication is the deployment's."""
        settings = {"cleanup.policy": self.cleanup.value, "segment.ms": _ms(self.segment)}
        if self.retention:
            settings["retention.ms"] = _ms(self.retention)
        if self.cleanup is Cleanup.COMPACT:
            settings["max.compaction.lag.ms"] = _ms(_DAY)
            settings["delete.retention.ms"] = _ms(14 * _DAY)
        return settings


PRODUCTION_REPLICATION = 3
PRODUCTION_MIN_INSYNC_REPLICAS = 2
PARTITIONS = 6
"""Of each topic, unless an installation sets another number before its topics are made."""
REQUESTS_KEPT = 7 * _DAY
"""A request that no dispatcher has read by then is lost."""


def _ms(span: timedelta) -> str:
    return str(int(span.total_seconds() * 1000))


def _compacted(
    name: str, key: str, writer: str, readers: tuple[str, ...], kept: str, *, personal: bool = False
) -> Topic:
    return Topic(name, key, Cleanup.COMPACT, (writer,), readers, kept, personal=personal)


def _requests(name: str, reader: str) -> Topic:
    kept = "as long as a dispatcher may be away; ids and merge values"
    return Topic(name, "member_id", Cleanup.DELETE, ("segmenter",), (reader,), kept, REQUESTS_KEPT)


_DISPATCHERS = ("dispatch-sms", "dispatch-email")
_ERASURE = "the last snapshot of each member; a tombstone 8 days after the erasure"
MEMBERS = _compacted(
    "members", "member_id", "members", ("segmenter", *_DISPATCHERS, "ballot", "members"), _ERASURE, personal=True
)
MEMBERS_SENSITIVE = _compacted("members.sensitive", "member_id", "members", ("segmenter",), _ERASURE, personal=True)
UNION_EVENTS = Topic(
    "union-events",
    "subject",
    Cleanup.DELETE,
    ("members",),
    ("segmenter", "ballot"),
    "as long as a reader may be away, or a backup that is restored old",
    14 * _DAY,
)
CAMPAIGNS = _compacted(
    "campaigns",
    "campaign_id",
    "segmenter",
    (*_DISPATCHERS, "ballot", "segmenter"),
    "the last snapshot of each campaign; a tombstone at the end of its span; the union-wide stop has no end",
)
SMS_REQUESTS = _requests("delivery-requests.sms", "dispatch-sms")
SMS_REQUESTS_URGENT = _requests("delivery-requests.sms.urgent", "dispatch-sms")
EMAIL_REQUESTS = _requests("delivery-requests.email", "dispatch-email")
EMAIL_REQUESTS_URGENT = _requests("delivery-requests.email.urgent", "dispatch-email")
DELIVERIES = Topic(
    "deliveries",
    "pseudonym",
    Cleanup.DELETE,
    _DISPATCHERS,
    ("segmenter", "analysts", *_DISPATCHERS),
    "analysts and restored ledgers read a month back; pseudonyms",
    30 * _DAY,
)
REPLIES = Topic(
    "replies",
    "member_id or address hash",
    Cleanup.DELETE,
    _DISPATCHERS,
    ("members", "ballot", *_DISPATCHERS),
    "a restored database finds in it the STOPs and answers that its backup lacks",
    14 * _DAY,
    personal=True,
)
BALLOTS = _compacted(
    "ballots",
    "ballot_id",
    "ballot",
    ("segmenter", "analysts", "ballot"),
    "the last snapshot of each poll; a tombstone at the end of its span",
)
PARTICIPATION = _compacted(
    "participation",
    "ballot_id:member_id",
    "ballot",
    (*_DISPATCHERS, "segmenter"),
    "the last of each member and poll; a tombstone with the poll's, or at the member's erasure",
)


ALL: tuple[Topic, ...] = (
    MEMBERS,
    MEMBERS_SENSITIVE,
    UNION_EVENTS,
    CAMPAIGNS,
    SMS_REQUESTS,
    SMS_REQUESTS_URGENT,
    EMAIL_REQUESTS,
    EMAIL_REQUESTS_URGENT,
    DELIVERIES,
    REPLIES,
    BALLOTS,
    PARTICIPATION,
)
LONGEST_KEPT = max(topic.retention for topic in ALL if topic.retention)
"""Of topics that are not compacted: nothing older is read again, whatever is restored."""


def requests_for(channel: str, *, urgent: bool) -> Topic:
    """The topic that asks a channel's dispatcher for a delivery."""
    suffix = ".urgent" if urgent else ""
    return next(topic for topic in ALL if topic.name == f"delivery-requests.{channel}{suffix}")
