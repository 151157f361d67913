"""The tables of a dispatcher. Each dispatcher has them in its own database; the channel is therefore no column.

`dispatch.ddl` creates them, with their partitions, trigger and storage settings.
"""

from dispatch.models import addresses, erasures_and_restores, ledger, projection
from dispatch.models.base import metadata

__all__ = ["addresses", "erasures_and_restores", "ledger", "metadata", "projection"]
