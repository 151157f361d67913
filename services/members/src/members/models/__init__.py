"""Tables of members, by noun; `METADATA` holds all of them, with the chassis' own."""

from chassis.db import tables
from members.models import imports, intake, members, units  # noqa: F401 - each adds its tables to the metadata
from members.models.base import Table

METADATA = (tables.metadata, Table.metadata)
