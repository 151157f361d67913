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
        "answers",
        sa.Column("answer_id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=False),
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("voter", sa.Uuid(), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("option", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("effect", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("set_aside", sa.Boolean(), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("delivery_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("answer_id"),
        sa.UniqueConstraint("reply_id"),
    )
    op.create_index(
        "answers_for_a_person",
        "answers",
        ["poll_id", "answer_id"],
        unique=False,
        postgresql_where=sa.text("status='unmatched'"),
    )
    op.create_index("answers_of_a_voter", "answers", ["poll_id", "voter"], unique=False)
    op.create_index(op.f("ix_answers_voter"), "answers", ["voter"], unique=False)
    op.create_index(
        "one_counted_answer_a_voter",
        "answers",
        ["poll_id", "voter"],
        unique=True,
        postgresql_where=sa.text("status='counted'"),
    )
    op.create_table(
        "campaigns",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id"),
    )
    op.create_index(op.f("ix_campaigns_poll_id"), "campaigns", ["poll_id"], unique=False)
    op.create_table(
        "declared_ballots",
        sa.Column("ballot_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("papers_sent", sa.BigInteger(), nullable=False),
        sa.Column("papers_returned", sa.BigInteger(), nullable=False),
        sa.Column("totals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ballot_id"),
    )
    op.create_table(
        "members",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("member_id"),
    )
    op.create_table(
        "memberships",
        sa.Column("membership_id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("path", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("branch", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("branch_name", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("membership_id"),
    )
    op.create_index(op.f("ix_memberships_branch"), "memberships", ["branch"], unique=False)
    op.create_index(op.f("ix_memberships_member_id"), "memberships", ["member_id"], unique=False)
    op.create_table(
        "participations",
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("voter", sa.Uuid(), nullable=False),
        sa.Column("effect", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("poll_id", "voter"),
    )
    op.create_index(op.f("ix_participations_voter"), "participations", ["voter"], unique=False)
    op.create_table(
        "polls",
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("roll", sa.Integer(), nullable=False),
        sa.Column("cutoff", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("recount", sa.Boolean(), nullable=False),
        sa.Column("created_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("poll_id"),
    )
    op.create_index(op.f("ix_polls_state"), "polls", ["state"], unique=False)
    op.create_table(
        "roll",
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("voter", sa.Uuid(), nullable=False),
        sa.Column("branch", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("branch_name", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("poll_id", "voter"),
    )
    op.create_index(op.f("ix_roll_voter"), "roll", ["voter"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_roll_voter"), table_name="roll")
    op.drop_table("roll")
    op.drop_index(op.f("ix_polls_state"), table_name="polls")
    op.drop_table("polls")
    op.drop_index(op.f("ix_participations_voter"), table_name="participations")
    op.drop_table("participations")
    op.drop_index(op.f("ix_memberships_member_id"), table_name="memberships")
    op.drop_index(op.f("ix_memberships_branch"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_table("members")
    op.drop_table("declared_ballots")
    op.drop_index(op.f("ix_campaigns_poll_id"), table_name="campaigns")
    op.drop_table("campaigns")
    op.drop_index("one_counted_answer_a_voter", table_name="answers", postgresql_where=sa.text("status='counted'"))
    op.drop_index(op.f("ix_answers_voter"), table_name="answers")
    op.drop_index("answers_of_a_voter", table_name="answers")
    op.drop_index("answers_for_a_person", table_name="answers", postgresql_where=sa.text("status='unmatched'"))
    op.drop_table("answers")
    tables.metadata.drop_all(op.get_bind())
