"""What `muster erasure sweep` is told of a dispatcher: where it keeps what belongs to members."""

from chassis.erasing.share import Share
from dispatch.repository import leftovers

SHARE = Share(erased=leftovers.ERASED, tables=leftovers.TABLES, left=leftovers.LEFT, heard_by=leftovers.HEARD_BY)
