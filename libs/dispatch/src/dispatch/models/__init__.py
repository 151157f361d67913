"""The tables of a dispatcher. Each dispatcher has them in its own database; the channel is therefore no column.

`dispatch.schema` creates them, with their partitions, trigger and storage settings.
"""

from dispatch.models import addresses, ledger, projection, recovery
from dispatch.models.base import metadata

__all__ = ["addresses", "ledger", "metadata", "projection", "recovery"]
