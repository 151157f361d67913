"""Events of other systems between the import and the campaign: CloudEvents made with the official SDK."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
    """Changed numbers, withdrawn consent, leavers, deaths, joiners: a few of each, more in a larger roll."""
    few = max(2, len(people) // 1000)
    groups = [people[start :: len(people) // (5 * few)][:few] for start in range(4)]
    moved, withdrawn, left, died = groups
    joined = [_joined(index) for index in range(few)]
    data: list[tuple[str, Mapping[str, object]]] = [
        *(("member.contact-changed.v1", _moved(person, index)) for index, person in enumerate(moved)),
        *(("member.consent-withdrawn.v1", _consent_change(person.number, now)) for person in withdrawn),
        *(("member.left.v1", {"membership_number": person.number}) for person in left),
        *(("member.died.v1", {"membership_number": person.number}) for person in died),
        *(("member.joined.v1", person) for person in joined),
        *(("member.consent-given.v1", _consent_change(str(person["membership_number"]), now)) for person in joined),
    ]
    events = tuple(_event(kind, index, each, now) for index, (kind, each) in enumerate(data))
    return Changes(events, joined=len(joined), gone=len(left) + len(died))


def meeting(now: datetime) -> CloudEvent:
    """A meeting of one branch, from the event calendar."""
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


def _event(kind: str, index: int, data: Mapping[str, object], now: datetime) -> CloudEvent:
    attributes = {"id": f"change-{index}", "source": _SOURCE, "type": kind, "time": now}
    return CloudEvent(attributes | {"datacontenttype": "application/json"}, dict(data))


def _moved(person: Person, index: int) -> dict[str, object]:
    return {"membership_number": person.number, "label": "mobile", "address": f"07401 {index * 13:06d}"}


def _consent_change(number: str, now: datetime) -> dict[str, object]:
    return {
        "membership_number": number,
        "channel": "sms",
        "purposes": ["ballot_notice", "campaign"],
        "source": "my-union",
        "wording_version": "web-2",
        "at": (now - timedelta(hours=1)).isoformat(),
    }


def _joined(index: int) -> dict[str, object]:
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
