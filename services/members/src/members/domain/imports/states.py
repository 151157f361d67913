"""States of an import, as they are stored. Whether a checked one is being applied follows from its people."""

RECEIVING, QUEUED, CHECKING, CHECKED, FAILED, CANCELLED = (
    *("receiving", "queued", "checking"),
    *("checked", "failed", "cancelled"),
)
OPEN = (RECEIVING, QUEUED, CHECKING)
"""The file is stored; somebody who is erased now must not come back by it."""
