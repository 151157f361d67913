"""Tables of members."""

from chassis.db import tables
from members.models.access import ClientRow, KeyRow, RateRow, ReceivedRow
from members.models.base import Table
from members.models.bodies import BodyChangeRow, BodyRow
from members.models.people import ConsentRow, ContactRow, ErasedRow, HistoryRow, InterestRow, MemberRow, MembershipRow
from members.models.rolls import ImportLeaverRow, ImportPersonRow, ImportRejectionRow, ImportRow
from sqlalchemy import MetaData

METADATA: tuple[MetaData, ...] = (tables.metadata, Table.metadata)
__all__ = [
    "METADATA",
    "BodyChangeRow",
    "BodyRow",
    "ClientRow",
    "ConsentRow",
    "ContactRow",
    "ErasedRow",
    "HistoryRow",
    "ImportLeaverRow",
    "ImportPersonRow",
    "ImportRejectionRow",
    "ImportRow",
    "InterestRow",
    "KeyRow",
    "MemberRow",
    "MembershipRow",
    "RateRow",
    "ReceivedRow",
    "Table",
]
