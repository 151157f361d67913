"""What `muster erasure sweep segmenter` is told: where the segmenter keeps what belongs to members."""

from chassis.erasing.share import Share
from segmenter.repository import leftovers

SHARE = Share(erased=leftovers.ERASED, tables=leftovers.TABLES, left=leftovers.LEFT, heard_by=leftovers.HEARD_BY)
