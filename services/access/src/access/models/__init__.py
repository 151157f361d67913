"""Tables of access, by noun; `METADATA` holds all of them, with the chassis' own."""

from access.models import tokens  # noqa: F401 - adds its tables to the metadata
from access.models.base import Table
from chassis.db import tables

METADATA = (tables.metadata, Table.metadata)
