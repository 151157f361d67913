"""One entry of a member's history, of this service or another."""

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
