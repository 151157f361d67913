"""The first tables: the chassis' own, and the segmenter's as its models describe them."""

from alembic import op
from segmenter.models import METADATA

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
