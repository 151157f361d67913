"""What other systems tell of members between the import and the campaign: CloudEvents made with the official SDK."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from muster_demo.membership_roll import Person
from muster_demo.union import BRANCHES, UNION

_SOURCE = "membership-system"


@dataclass(frozen=True, slots=True)
class Changes:
    """Events to post, and how many members they add or take away."""

    events: tuple[CloudEvent, ...]
    joined: int
    gone: int

    def batch(self) -> bytes:
        """All of them in the batched mode."""
        return b"[" + b",".join(JSONFormat().write(event) for event in self.events) + b"]"


def changes(people: Sequence[Person], now: datetime) -> Changes:
    """Numbers changed, consent withdrawn, people gone, people come: a few of each, more in a larger roll."""
    few = max(2, len(people) // 1000)
    groups = [people[start :: len(people) // (5 * few)][:few] for start in range(4)]
    moved, withdrawn, left, died = groups
    joined = [_joined(index) for index in range(few)]
    told = [
        *(("member.contact-changed.v1", _moved(person, index)) for index, person in enumerate(moved)),
        *(("member.consent-withdrawn.v1", _withdrawn(person, now)) for person in withdrawn),
        *(("member.left.v1", {"membership_number": person.number}) for person in left),
        *(("member.died.v1", {"membership_number": person.number}) for person in died),
        *(("member.joined.v1", person) for person in joined),
        *(("member.consent-given.v1", _given(person["membership_number"], now)) for person in joined),
    ]
    events = tuple(_event(kind, index, data, now) for index, (kind, data) in enumerate(told))
    return Changes(events, joined=len(joined), gone=len(left) + len(died))


def meeting(now: datetime) -> CloudEvent:
    """A meeting of one branch, told by the event calendar."""
    starts = now + timedelta(days=7)
    data = {
        "meeting_id": "agm-2026",
        "body": BRANCHES[0].slug,
        "title": "Annual general meeting",
        "starts_at": starts.isoformat(),
        "place": "Main hall",
    }
    attributes = {"id": "agm-2026", "source": "event-calendar", "type": "meeting.scheduled.v1", "subject": UNION}
    return CloudEvent(attributes | {"time": now, "datacontenttype": "application/json"}, data)


def _event(kind: str, index: int, data: dict[str, Any], now: datetime) -> CloudEvent:
    attributes = {"id": f"change-{index}", "source": _SOURCE, "type": kind, "time": now}
    return CloudEvent(attributes | {"datacontenttype": "application/json"}, data)


def _moved(person: Person, index: int) -> dict[str, Any]:
    return {"membership_number": person.number, "label": "mobile", "address": f"07401 {index * 13:06d}"}


def _word(number: str, channel: str, now: datetime) -> dict[str, Any]:
    return {
        "membership_number": number,
        "channel": channel,
        "purposes": ["ballot_notice", "campaign"],
        "source": "my-union",
        "wording_version": "web-2",
        "at": (now - timedelta(hours=1)).isoformat(),
    }


def _withdrawn(person: Person, now: datetime) -> dict[str, Any]:
    return _word(person.number, "sms", now)


def _given(number: str, now: datetime) -> dict[str, Any]:
    return _word(number, "sms", now)


def _joined(index: int) -> dict[str, Any]:
    branch = BRANCHES[index % len(BRANCHES)]
    return {
        "membership_number": f"LU-NEW-{index}",
        "given_name": "Gwenllian",
        "family_name": "Llewellyn",
        "branch": branch.slug,
        "employer": branch.employer,
        "job": "lecturer",
        "mobile": f"07402 {index * 17:06d}",
        "language": "cy" if branch.region == "wales" else "en",
    }
