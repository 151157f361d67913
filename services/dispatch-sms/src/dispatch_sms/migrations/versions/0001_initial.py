"""The first tables: the chassis' own, and those of every dispatcher."""

from alembic import op
from chassis.db import tables
from dispatch import ddl

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    tables.metadata.create_all(op.get_bind())
    ddl.create(op.get_bind())


def downgrade() -> None:
    ddl.drop(op.get_bind())
    tables.metadata.drop_all(op.get_bind())
