"""What is asked for, how it stands, and every attempt."""

from chassis.db.counts import counts_of
from dispatch.models.base import metadata, when
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", Uuid, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("campaign_id", Uuid, nullable=False),
    Column("step", SmallInteger, nullable=False),
    Column("variant", Text, nullable=False),
    Column("script_version", Integer, nullable=False),
    Column("member_id", Uuid, nullable=False),
    Column("member_version", Integer, nullable=False),
    Column("branch", Text),
    Column("region", Text),
    Column("urgent", Boolean, nullable=False),
    when("expires_at", nullable=False),
    Column("merge", JSONB, nullable=False),
    when("admitted_at", nullable=False),
    Column("state", Text, nullable=False, server_default="requested"),
    Column("gen", Integer, nullable=False, server_default="0"),
    Column("rev", Integer, nullable=False, server_default="0"),
    Column("published_rev", Integer, nullable=False, server_default="0"),
    Column("due", Boolean, nullable=False, server_default=text("false")),  # in the order, else parked
    Column("sender", Text, nullable=False, server_default=""),  # whose order, see `DispatchSettings.sender_key`
    Column("place", BigInteger, nullable=False, server_default="0"),  # in the order, see `ledger.order`
    when("not_before", nullable=False),
    Column("waiting_for", Text),
    when("deadline"),
    Column("reference", Text),
    Column("code", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("address_bad", Boolean, nullable=False, server_default=text("false")),
    Column("address_hash", Text),
    Column("consent_id", Uuid),
    Column("parts", SmallInteger),
    Column("encoding", Text),
    Column("passed", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("looks", SmallInteger, nullable=False, server_default="0"),
    when("look_at"),
    Column("resends", SmallInteger, nullable=False, server_default="0"),
    Column("permitted", Integer, nullable=False, server_default="0"),
    Column("polls", SmallInteger, nullable=False, server_default="0"),
    when("poll_at"),
    Index(
        "deliveries_due", "sender", text("urgent DESC"), "place", postgresql_where=text("state = 'requested' AND due")
    ),
    Index(
        "deliveries_parked",
        text("urgent DESC"),
        "not_before",
        "place",
        postgresql_where=text("state = 'requested' AND NOT due"),
    ),
    Index("deliveries_waiting", "campaign_id", postgresql_where=text("state = 'requested'")),
    Index("deliveries_member", "member_id"),
    Index(
        "deliveries_on_hold",
        "delivery_id",
        postgresql_where=text("state = 'requested' AND waiting_for = 'address_hold'"),
    ),
    Index("deliveries_expiring", "expires_at", postgresql_where=text("state = 'requested'")),
    Index("deliveries_open", "deadline", postgresql_where=text("state IN ('sending', 'in_doubt')")),
    Index("deliveries_in_doubt", text("urgent DESC"), "deadline", postgresql_where=text("state = 'in_doubt'")),
    Index("deliveries_held", "deadline", postgresql_where=text("state = 'held'")),
    Index("deliveries_awaiting_receipt", "poll_at", postgresql_where=text("state = 'accepted'")),
    Index(
        "deliveries_unpublished",
        "month",
        postgresql_where=text("published_rev < rev AND state NOT IN ('requested', 'sending')"),
    ),
    postgresql_partition_by="LIST (month)",
)

delivery_counts = counts_of(deliveries, "delivery_counts", ("campaign_id", "month", "branch", "state"))

attempts = Table(
    "attempts",
    metadata,
    Column("delivery_id", Uuid, primary_key=True),
    Column("gen", Integer, primary_key=True),
    Column("month", Date, nullable=False),
    when("t_send", nullable=False),
    when("deadline", nullable=False),
    Column("sender", Text, nullable=False),
    Column("address", Text),  # only while the attempt is open: the list is searched by it
    Column("mark", LargeBinary, nullable=False),
    Column("reference", Text),
    Column("by_list", Boolean, nullable=False, server_default=text("false")),  # the reference is the list's word only
    Column("outcome", Text),
    Column("why", Text, nullable=False, server_default=""),
    when("closed_at"),
    when("withdrawn_at"),  # the provider deleted its copy: the member was erased
    Index("attempts_reference", "reference", unique=True, postgresql_where=text("reference IS NOT NULL")),
    Index(
        "attempts_unbound",
        "mark",
        postgresql_where=text("reference IS NULL AND (outcome IS NULL OR outcome = 'accepted')"),
    ),
)

lanes = Table(
    "lanes",
    metadata,
    Column("campaign_id", Uuid, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("urgent", Boolean, nullable=False),
    Column("last_place", BigInteger, nullable=False),  # of what was admitted
    Column("last_woken", BigInteger, nullable=False, server_default="0"),  # of what became due again
)

ledger_months = Table(
    "ledger_months",
    metadata,
    Column("month", Date, primary_key=True),
    when("blocked_at"),  # when a row was last seen in it that had not ended, though its span was over
    when("dropped_at"),  # nothing of it is admitted from then on
)

served = Table(
    "served",
    metadata,
    Column("campaign_id", Uuid, primary_key=True),
    Column("step", SmallInteger, primary_key=True),
    Column("address_hash", Text, primary_key=True),
    Column("slot", Uuid, primary_key=True),  # the member where every member is written to, else nil
    Column("delivery_id", Uuid),  # None, as the member: the provider had it, and the member is erased
    Column("member_id", Uuid),
    Column("sender", Text, nullable=False),
    Column("poll_id", Uuid),
    Column("test", Boolean, nullable=False),
    when("asked_at", nullable=False),
    when("expires_at", nullable=False),
    Index("served_asks", "address_hash", "asked_at", postgresql_where=text("poll_id IS NOT NULL")),
)

rates = Table(
    "rates",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("sender", Text, primary_key=True),  # * for all of the provider's together
    Column("allowed", Double, nullable=False),
    Column("rate", Double, nullable=False),
    when("theoretical_arrival", nullable=False),
    when("window_at", nullable=False),  # since when answers are counted
    Column("step", Double, nullable=False),
    Column("answered", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("doubts", Integer, nullable=False, server_default="0"),  # in a row
    Column("proved", Integer, nullable=False, server_default="0"),  # taken since only probes are made
)
