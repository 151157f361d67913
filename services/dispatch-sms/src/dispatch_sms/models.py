"""The tables of dispatch-sms: those of every dispatcher, and the chassis' own."""

import chassis.tables
import dispatch.models
from sqlalchemy import MetaData

METADATA: tuple[MetaData, ...] = (chassis.tables.metadata, dispatch.models.metadata)
