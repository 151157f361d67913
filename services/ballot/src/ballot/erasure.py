"""What the erasure sweep (`muster erasure sweep ballot`) needs to know of ballot's database."""

from ballot.repository import erasure
from ballot.service.members import MEMBERS_GROUP
from chassis.erasure.residue import Residue

RESIDUE = Residue(erased=erasure.ERASED, tables=erasure.TABLES, left=erasure.RESIDUE_COUNTS, heard_by=MEMBERS_GROUP)
