"""What dispatch-sms asks its database beyond what every dispatcher does."""

from dispatch.models import suppressions
from sqlalchemy import func, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def suppressed_by_source(session: AsyncSession) -> dict[str, int]:
    """How many numbers are suppressed now, by what suppressed them."""
    counted = (
        select(suppressions.c.source, func.count())
        .where(suppressions.c.lifted_at.is_(None))
        .group_by(suppressions.c.source)
        .order_by(suppressions.c.source)
    )
    return {row[0]: row[1] for row in (await session.execute(counted)).all()}
