"""The merge fields that a message may use, by where their values come from."""

from enum import StrEnum


class Origin(StrEnum):
    """Where the value of a field comes from."""

    CONTACT = "contact"
    """The dispatcher's projection of members; never part of a request."""
    REQUEST = "request"
    """`DeliveryRequested.merge`, written by the segmenter."""
    LINK = "link"
    """A link that the dispatcher signs for one delivery."""


ORIGINS: dict[str, Origin] = {
    "given_name": Origin.CONTACT,
    "family_name": Origin.CONTACT,
    "branch": Origin.REQUEST,
    "region": Origin.REQUEST,
    "job": Origin.REQUEST,
    "employer": Origin.REQUEST,
    "poll_link": Origin.LINK,
    "unsubscribe_link": Origin.LINK,
}
KNOWN = frozenset(ORIGINS)


def _of(origin: Origin) -> frozenset[str]:
    return frozenset(name for name, where in ORIGINS.items() if where is origin)


CONTACT_FIELDS = _of(Origin.CONTACT)
REQUEST_FIELDS = _of(Origin.REQUEST)
LINK_FIELDS = _of(Origin.LINK)
