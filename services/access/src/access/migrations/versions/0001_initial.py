"""The first tables, as `models` describes them; at the first release this is frozen as it then is (decision 0025)."""

from access.models import METADATA
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for metadata in METADATA:
        metadata.create_all(op.get_bind())


def downgrade() -> None:
    for metadata in METADATA:
        metadata.drop_all(op.get_bind())
