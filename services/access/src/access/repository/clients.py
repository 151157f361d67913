"""API clients."""

from access.domain.clients import Client
from access.models.tokens import ClientRow
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def get(session: AsyncSession, client_id: str) -> Client | None:
    """One client."""
    row = (await session.exec(select(ClientRow).where(ClientRow.client_id == client_id))).first()
    return _client(row) if row else None


async def page(session: AsyncSession, after: str, limit: int) -> list[Client]:
    """In order of id, from after `after`."""
    found = select(ClientRow).where(col(ClientRow.client_id) > after).order_by(ClientRow.client_id).limit(limit)
    return [_client(row) for row in await session.exec(found)]


def _client(row: ClientRow) -> Client:
    return Client(row.client_id, row.secret_hash, row.salt, tuple(row.scopes), row.branch, row.created_at)


async def add(session: AsyncSession, client: Client) -> None:
    """A new client."""
    session.add(ClientRow.model_validate(client, from_attributes=True))
    await session.flush()


async def remove(session: AsyncSession, client_id: str) -> bool:
    """Whether there was one."""
    removed = delete(ClientRow).where(col(ClientRow.client_id) == client_id).returning(col(ClientRow.client_id))
    return (await session.exec(removed)).first() is not None
