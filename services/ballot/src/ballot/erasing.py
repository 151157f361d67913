"""What `muster erasure sweep ballot` is told: where ballot keeps what belongs to members."""

from ballot.repository import leftovers
from ballot.service.polls import MEMBERS_GROUP
from chassis.erasure.residue import Residue

SHARE = Residue(erased=leftovers.ERASED, tables=leftovers.TABLES, left=leftovers.LEFT, heard_by=MEMBERS_GROUP)
