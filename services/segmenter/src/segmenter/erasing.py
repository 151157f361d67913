"""What `muster erasure sweep segmenter` is told: where the segmenter keeps what belongs to members."""

from chassis.erasure.residue import Residue
from segmenter.repository import leftovers

SHARE = Residue(erased=leftovers.ERASED, tables=leftovers.TABLES, left=leftovers.LEFT, heard_by=leftovers.HEARD_BY)
