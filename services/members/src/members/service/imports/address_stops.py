"""STOPs at the addresses of people in a roll."""

from collections.abc import Iterable
from datetime import datetime

from members.domain.members.member import Member
from members.domain.members.merge import SubmittedMember
from members.repository import address_stops
from members.service.change_writer import ChangeWriter
from sqlmodel.ext.asyncio.session import AsyncSession


class AddressStops:
    """Looks them up by the hash of the address."""

    def __init__(self, writer: ChangeWriter) -> None:
        self._hash = writer.hash_address

    async def at(self, session: AsyncSession, people: Iterable[Member | SubmittedMember]) -> dict[str, datetime]:
        """The moment of the STOP by address, for the addresses of these people that are stopped."""
        points = {(point.channel, point.address) for person in people for point in person.contact_points}
        addresses = {self._hash(channel, address): address for channel, address in points}
        found = await address_stops.standing(session, addresses.keys())
        return {addresses[address_hash]: at for address_hash, at in found.items()}
