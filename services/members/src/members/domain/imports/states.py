"""States of an import, as they are stored and shown."""

RECEIVING, QUEUED, CHECKING, CHECKED = "receiving", "queued", "checking", "checked"
APPLYING, APPLIED, FAILED, CANCELLED = "applying", "applied", "failed", "cancelled"
OPEN = (RECEIVING, QUEUED, CHECKING)
"""The file is stored; somebody who is erased now must not come back by it."""
