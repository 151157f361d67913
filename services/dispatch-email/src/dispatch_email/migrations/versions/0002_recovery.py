"""Remember that the database was restored from a backup."""

from alembic import op
from dispatch.migrations import recovery

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    recovery.upgrade(op.execute)


def downgrade() -> None:
    recovery.downgrade(op.execute)
