"""The states of a delivery and every way from one to another, as data.

The code folds moves with it, the database's trigger is written from it, and the model check explores it.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a delivery stands. The words are on the wire too."""

    REQUESTED = "requested"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    HELD = "held"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"
    SKIPPED = "skipped"


class Happening(StrEnum):
    """What moves a delivery."""

    REFUSED = "refused"
    """The gate said no."""
    CLAIMED = "claimed"
    TOOK = "took"
    """The provider answered with a reference, or was found to hold the message."""
    TURNED_DOWN = "turned_down"
    """The provider refused for good."""
    NOT_SENT = "not_sent"
    """Certainly not processed."""
    LOST_SIGHT = "lost_sight"
    """No answer, or one that proves nothing."""
    NOT_FOUND = "not_found"
    """Absent from the provider's list twice after Q, and the policy is to send again."""
    GIVEN_TO_A_PERSON = "given_to_a_person"
    ARRIVED = "arrived"
    FAILED = "failed"
    """A receipt says that it did not arrive."""
    RAN_OUT = "ran_out"
    """No receipt in 72 h."""
    RELEASED = "released"
    """A person says: send again."""


_S, _H = State, Happening
_UNSETTLED = (_S.SENDING, _S.IN_DOUBT)

TRANSITIONS: dict[tuple[State, Happening], State] = {
    (_S.REQUESTED, _H.REFUSED): _S.SKIPPED,
    (_S.REQUESTED, _H.CLAIMED): _S.SENDING,
    **{(state, _H.TURNED_DOWN): _S.REJECTED for state in (*_UNSETTLED, _S.HELD)},
    **{(state, _H.NOT_SENT): _S.REQUESTED for state in _UNSETTLED},
    (_S.SENDING, _H.LOST_SIGHT): _S.IN_DOUBT,
    (_S.IN_DOUBT, _H.NOT_FOUND): _S.REQUESTED,
    (_S.IN_DOUBT, _H.GIVEN_TO_A_PERSON): _S.HELD,
    (_S.HELD, _H.RELEASED): _S.REQUESTED,
    # Evidence that the provider has it counts wherever an attempt was made, even if the row has since gone back to
    # waiting or was skipped there: it must not be sent again, and the ledger must not deny it.
    **{
        (state, happening): after
        for state in (_S.REQUESTED, *_UNSETTLED, _S.HELD, _S.SKIPPED)
        for happening, after in (
            (_H.TOOK, _S.ACCEPTED),
            (_H.ARRIVED, _S.DELIVERED),
            (_H.FAILED, _S.UNDELIVERED),
        )
    },
    (_S.ACCEPTED, _H.ARRIVED): _S.DELIVERED,
    (_S.ACCEPTED, _H.FAILED): _S.UNDELIVERED,
    (_S.ACCEPTED, _H.RAN_OUT): _S.EXPIRED,
}
"""Absent: nothing changes. Status only moves forward."""

PAIRS: tuple[tuple[State, State], ...] = tuple(sorted({(was, after) for (was, _), after in TRANSITIONS.items()}))
"""What the database lets through."""

EVIDENCE = frozenset({_H.TOOK, _H.ARRIVED, _H.FAILED})
"""Happenings that speak for themselves, whatever attempt they belong to; all others count only for the present one."""

TERMINAL = frozenset({_S.DELIVERED, _S.UNDELIVERED, _S.EXPIRED, _S.REJECTED, _S.SKIPPED})
UNPUBLISHED = frozenset({_S.REQUESTED, _S.SENDING})
"""States that are not published."""
