"""The first tables: the chassis' own, and those of every dispatcher."""

from alembic import op
from chassis.db import tables
from dispatch.migrations import initial

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    tables.metadata.create_all(op.get_bind())
    initial.upgrade(op.execute)


def downgrade() -> None:
    initial.downgrade(op.execute)
    tables.metadata.drop_all(op.get_bind())
