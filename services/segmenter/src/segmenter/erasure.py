"""What `muster erasure sweep segmenter` checks: where the segmenter keeps what belongs to members."""

from chassis.erasure.residue import Residue
from segmenter.repository import residue

RESIDUE = Residue(erased=residue.ERASED, tables=residue.TABLES, left=residue.RESIDUE, heard_by=residue.CONSUMER_GROUP)
