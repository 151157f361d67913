"""Where members keeps personal data, for `muster erasure sweep members`."""

from chassis.erasure.residue import Residue
from contracts import topics
from members.repository import residue

RESIDUE = Residue(
    erased=residue.ERASED,
    tables=residue.TABLES,
    left=residue.LEFT,
    clear=residue.clear,
    compacted=(topics.MEMBERS, topics.MEMBERS_SENSITIVE),
    replies=topics.REPLIES,
)
