"""What `muster erasure sweep members` is told: where members keeps what belongs to members."""

from chassis.erasure.residue import Residue
from contracts import topics
from members.repository import leftovers

SHARE = Residue(
    erased=leftovers.ERASED,
    tables=leftovers.TABLES,
    left=leftovers.LEFT,
    clear=leftovers.clear,
    compacted=(topics.MEMBERS, topics.MEMBERS_SENSITIVE),
    replies=topics.REPLIES,
)
