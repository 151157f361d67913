"""Tables of members."""

from chassis.db import tables
from members.models.access import ClientRow, SigningKeyRow, TokenRateRow
from members.models.base import Table
from members.models.imports import ImportLeaverRow, ImportPersonRow, ImportRejectionRow, ImportRow
from members.models.intake import ReceivedRow
from members.models.members import (
    ConsentRow,
    ContactRow,
    ErasedRow,
    HistoryRow,
    InterestRow,
    MemberRow,
    MembershipRow,
)
from members.models.units import UnitChangeRow, UnitRow
from sqlalchemy import MetaData

METADATA: tuple[MetaData, ...] = (tables.metadata, Table.metadata)
__all__ = [
    "METADATA",
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
    "MemberRow",
    "MembershipRow",
    "ReceivedRow",
    "SigningKeyRow",
    "Table",
    "TokenRateRow",
    "UnitChangeRow",
    "UnitRow",
]
