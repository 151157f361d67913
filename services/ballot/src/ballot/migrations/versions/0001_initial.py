"""The first tables, as `ballot.models` describes them.

After the first release a change is a migration like any other, and this one must then be frozen as it was released.
"""

from alembic import op
from ballot.models import METADATA

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
