"""Members as they are heard, turned into what segments and merge values need. Addresses stop here."""

from typing import Any

from contracts.enums import Channel
from contracts.members import ContactPoint, MemberChanged, MemberErased


def member_row(event: MemberChanged) -> dict[str, Any]:
    """A row of `members`: that there is a number or an address, never which."""
    points = event.contact_points
    return {
        "member_id": event.member_id,
        "version": event.version,
        "status": event.status,
        "given_name": event.given_name,
        "language": event.language,
        "birthday": event.birthday.month * 100 + event.birthday.day if event.birthday else None,
        "joined_on": min((place.valid_from for place in event.memberships), default=None),
        "has_sms": any(_usable(point, Channel.SMS) for point in points),
        "has_email": any(_usable(point, Channel.EMAIL) for point in points),
        "preferred": next((point.channel for point in points if point.preferred and _usable(point)), ""),
        "interests": list(event.interests),
    }


def _usable(point: ContactPoint, channel: str | None = None) -> bool:
    return channel in (None, point.channel) and (point.textable or point.channel != Channel.SMS)


def marker_row(event: MemberErased) -> dict[str, Any]:
    """What is left of an erased member."""
    return {
        "member_id": event.member_id,
        "version": event.version,
        "status": "erased",
        "given_name": "",
        "language": "",
        "birthday": None,
        "joined_on": None,
        "has_sms": False,
        "has_email": False,
        "preferred": "",
        "interests": [],
    }


def membership_rows(event: MemberChanged) -> list[dict[str, Any]]:
    """Rows of `memberships`."""
    return [
        {
            "member_id": event.member_id,
            "position": position,
            "path": list(place.path) or [place.body],
            **place.model_dump(exclude={"path", "unit"}),
        }
        for position, place in enumerate(event.memberships)
    ]


def consent_rows(event: MemberChanged) -> list[dict[str, Any]]:
    """Rows of `consents`: the latest of each channel and purpose, should there be two."""
    latest = {(word.channel, word.purpose): word for word in sorted(event.consents, key=lambda word: word.at)}
    return [
        {
            "member_id": event.member_id,
            "channel": word.channel,
            "purpose": word.purpose,
            "granted": word.granted,
            "consent_id": word.consent_id,
            "at": word.at,
        }
        for word in latest.values()
    ]
