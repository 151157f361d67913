"""The tables of dispatch-sms: those of every dispatcher, and the chassis' own."""

import chassis.db.tables
import dispatch.models
from sqlalchemy import MetaData

METADATA: tuple[MetaData, ...] = (chassis.db.tables.metadata, dispatch.models.metadata)
