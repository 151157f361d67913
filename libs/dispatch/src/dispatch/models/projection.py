"""What is kept of members, campaigns and participation, and the stops."""

from dispatch.models.base import metadata, when
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

contacts = Table(
    "contacts",
    metadata,
    Column("member_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("erased", Boolean, nullable=False, server_default=text("false")),
    Column("status", Text, nullable=False),
    Column("given_name", Text, nullable=False, server_default=""),
    Column("family_name", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default=""),
    Column("time_zone", Text, nullable=False, server_default=""),
    Column("address", Text),
    Column("address_hash", Text),
    Column("usable", Boolean, nullable=False, server_default=text("true")),
    Column("consents", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("places", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Index("contacts_address", "address_hash", postgresql_where=text("address_hash IS NOT NULL")),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("poll_id", Uuid),
    Column("snapshot", JSONB, nullable=False),
    Column(
        "senders", JSONB, nullable=False, server_default=text("'{}'::jsonb")
    ),  # on our channel, by body; '': the rest
    Column("followed", Integer, nullable=False, server_default="0"),  # the version up to which waiting rows are adapted
    Index("campaigns_changed", "campaign_id", postgresql_where=text("followed < version")),
    Index("campaigns_by_launch", text("(snapshot ->> 'launched_on')")),
)

participation = Table(
    "participation",
    metadata,
    Column("member_id", Uuid, primary_key=True),
    Column("poll_id", Uuid, primary_key=True),
)

stops = Table(
    "stops",
    metadata,
    Column("origin", Text, primary_key=True),  # union or operator
    Column("scope", Uuid, primary_key=True),  # a campaign; nil: everything
    Column("version", BigInteger, nullable=False),
    Column("stopped", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    when("at", nullable=False),
    CheckConstraint("origin IN ('union', 'operator')"),
)

applied = Table(
    "applied",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("partitions", Integer, nullable=False),
    when("through", nullable=False),  # everything on the partition before is stored here
)
