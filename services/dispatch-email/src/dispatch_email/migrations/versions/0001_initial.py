"""The first tables: the chassis' own, those of every dispatcher, and the count of stray mail."""

import sqlalchemy as sa
from alembic import op
from chassis.db import tables
from dispatch import ddl

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    tables.metadata.create_all(op.get_bind())
    op.create_table(
        "stray_mail",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "proven"),
    )
    ddl.create(op.get_bind())


def downgrade() -> None:
    ddl.drop(op.get_bind())
    op.drop_table("stray_mail")
    tables.metadata.drop_all(op.get_bind())
