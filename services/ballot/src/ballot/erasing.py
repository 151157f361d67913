"""What `muster erasure sweep ballot` is told: where ballot keeps what belongs to members."""

from ballot.repository import leftovers
from ballot.service.polls import MEMBERS_GROUP
from chassis.erasing.share import Share

SHARE = Share(erased=leftovers.ERASED, tables=leftovers.TABLES, left=leftovers.LEFT, heard_by=MEMBERS_GROUP)
