"""The first tables: the chassis' own, and those of every dispatcher."""

from alembic import op
from chassis.db import first_tables
from dispatch.migrations import initial

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    first_tables.upgrade(op.execute)
    initial.upgrade(op.execute)


def downgrade() -> None:
    initial.downgrade(op.execute)
    first_tables.downgrade(op.execute)
