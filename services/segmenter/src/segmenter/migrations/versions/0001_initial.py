"""The first tables."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from chassis.db import tables
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    tables.metadata.create_all(op.get_bind())
    op.create_table(
        "audience",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("member_version", sa.Integer(), nullable=False),
        sa.Column("channels", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("skip_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("branch", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("region", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("merge", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("consents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("matched", postgresql.ARRAY(sa.Boolean()), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "ordinal"),
    )
    op.create_index("audience_by_member", "audience", ["member_id"], unique=False)
    op.create_table(
        "ballots",
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("roll", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ballot_id"),
    )
    op.create_table(
        "campaigns",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("test_of", sa.Uuid(), nullable=True),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("created_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("summary", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("approved_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("approved_recipients", sa.Integer(), nullable=True),
        sa.Column("launched_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("launched_on", sa.Date(), nullable=True),
        sa.Column("rule", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("audience_size", sa.Integer(), nullable=True),
        sa.Column("planned_skips", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("traceparent", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id"),
    )
    op.create_index(
        "campaigns_in_motion",
        "campaigns",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state IN ('approved', 'launched', 'paused')"),
    )
    op.create_index(op.f("ix_campaigns_body"), "campaigns", ["body"], unique=False)
    op.create_index(op.f("ix_campaigns_test_of"), "campaigns", ["test_of"], unique=False)
    op.create_table(
        "consents",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("purpose", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "channel", "purpose"),
    )
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("rest", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("branch", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id"),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "deliveries_accepted",
        "deliveries",
        ["campaign_id"],
        unique=False,
        postgresql_where=sa.text("status = 'accepted'"),
    )
    op.create_index("deliveries_by_campaign", "deliveries", ["campaign_id", "ordinal"], unique=False)
    op.create_index("deliveries_by_member", "deliveries", ["member_id"], unique=False)
    op.create_index(
        "deliveries_open",
        "deliveries",
        ["campaign_id"],
        unique=False,
        postgresql_where=sa.text(
            "status NOT IN ('delivered', 'undelivered', 'expired', 'rejected', 'skipped', 'accepted')"
        ),
    )
    op.create_table(
        "fanout_shards",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("checkpoint", sa.Integer(), nullable=False),
        sa.Column("prepared", sa.Integer(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "shard"),
    )
    op.create_index(
        "fanout_shards_to_do", "fanout_shards", ["campaign_id"], unique=False, postgresql_where=sa.text("NOT done")
    )
    op.create_table(
        "members",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("given_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("birthday", sa.SmallInteger(), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("has_sms", sa.Boolean(), nullable=False),
        sa.Column("has_email", sa.Boolean(), nullable=False),
        sa.Column("preferred", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("interests", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("member_id"),
    )
    op.create_table(
        "memberships",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("path", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("region", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("region_name", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("branch", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("branch_name", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("employer", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("job", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("member_id", "position"),
    )
    op.create_index("memberships_by_path", "memberships", ["path"], unique=False, postgresql_using="gin")
    op.create_table(
        "participation",
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("effect", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("ballot_id", "member_id"),
    )
    op.create_index("participation_by_member", "participation", ["member_id"], unique=False)
    op.create_table(
        "segments",
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("rule", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("segment_id"),
    )
    op.create_index(op.f("ix_segments_body"), "segments", ["body"], unique=False)
    op.create_table(
        "sending_stop",
        sa.Column("only", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("only"),
    )
    op.create_table(
        "sensitive_interests",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("interests", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("member_id"),
    )
    op.create_table(
        "test_staff",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("named_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("member_id"),
    )
    op.create_table(
        "union_events",
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("event_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("type", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("source", "event_id"),
    )
    op.create_index("union_events_by_body", "union_events", ["body", "at"], unique=False)


def downgrade() -> None:
    op.drop_index("union_events_by_body", table_name="union_events")
    op.drop_table("union_events")
    op.drop_table("test_staff")
    op.drop_table("sensitive_interests")
    op.drop_table("sending_stop")
    op.drop_index(op.f("ix_segments_body"), table_name="segments")
    op.drop_table("segments")
    op.drop_index("participation_by_member", table_name="participation")
    op.drop_table("participation")
    op.drop_index("memberships_by_path", table_name="memberships", postgresql_using="gin")
    op.drop_table("memberships")
    op.drop_table("members")
    op.drop_index("fanout_shards_to_do", table_name="fanout_shards", postgresql_where=sa.text("NOT done"))
    op.drop_table("fanout_shards")
    op.drop_index(
        "deliveries_open",
        table_name="deliveries",
        postgresql_where=sa.text(
            "status NOT IN ('delivered', 'undelivered', 'expired', 'rejected', 'skipped', 'accepted')"
        ),
    )
    op.drop_index("deliveries_by_member", table_name="deliveries")
    op.drop_index("deliveries_by_campaign", table_name="deliveries")
    op.drop_index("deliveries_accepted", table_name="deliveries", postgresql_where=sa.text("status = 'accepted'"))
    op.drop_table("deliveries")
    op.drop_table("consents")
    op.drop_index(op.f("ix_campaigns_test_of"), table_name="campaigns")
    op.drop_index(op.f("ix_campaigns_body"), table_name="campaigns")
    op.drop_index(
        "campaigns_in_motion",
        table_name="campaigns",
        postgresql_where=sa.text("state IN ('approved', 'launched', 'paused')"),
    )
    op.drop_table("campaigns")
    op.drop_table("ballots")
    op.drop_index("audience_by_member", table_name="audience")
    op.drop_table("audience")
    tables.metadata.drop_all(op.get_bind())
