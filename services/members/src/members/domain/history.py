"""One entry of a member's history, of this service or another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from members.domain.members.consents import Evidence
from pydantic import BaseModel, ConfigDict, Field


class HistoryEntry(BaseModel):
    """Something that happened to a member. Further fields depend on `service` and `what`: those of another service are
    described by its own API, and are passed on as they are."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {"at": "2026-01-05T10:00:00+00:00", "service": "members", "what": "created", "client": "organiser"}
            ]
        },
    )

    at: str = Field(description="When it happened (RFC 3339)", examples=["2026-01-05T10:00:00+00:00"])
    service: str = Field(default="", description="Service that reports it", examples=["members"])
    what: str = Field(description="What happened", examples=["created"])

    @property
    def time(self) -> datetime:
        """`at` with a zone; the last possible time where it cannot be read."""
        try:
            at = datetime.fromisoformat(self.at)
        except ValueError:
            return datetime.max.replace(tzinfo=UTC)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """The latest entries, in order of time. `next`: from before this moment there may be more; None: there are not."""

    entries: Sequence[HistoryEntry]
    next: datetime | None = None


def joined(parts: Sequence[HistoryPage], limit: int) -> HistoryPage:
    """The latest `limit` entries of all parts, and those of the first one's very moment. What is earlier than a part's
    `next` is left for the following page: that part may have entries in between."""
    complete_from = max((part.next for part in parts if part.next), default=None)
    known = [entry for part in parts for entry in part.entries if complete_from is None or entry.time >= complete_from]
    known.sort(key=lambda entry: entry.time)
    first = known[-limit].time if len(known) > limit else None
    entries = [entry for entry in known if first is None or entry.time >= first]
    more = complete_from is not None or len(entries) < len(known)
    return HistoryPage(entries, entries[0].time if more and entries else None)


def consent_entry(evidence: Evidence) -> HistoryEntry:
    """The evidence at its own time; a delivery's `consent_id` refers to it."""
    return HistoryEntry.model_validate(
        {
            "at": evidence.at.isoformat(),
            "service": "members",
            "what": "consent given" if evidence.granted else "consent withdrawn",
            "consent_id": str(evidence.consent_id),
            "channel": evidence.channel,
            "purposes": list(evidence.purposes),
            "source": evidence.source,
            "wording_version": evidence.wording_version,
        }
    )
