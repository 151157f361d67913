"""A tenth of the members are erased and ten times as many people are imported, while campaigns go on."""

import asyncio
import csv
import io
import random
from collections.abc import Collection

from local_stack.stack import Stack
from muster_demo import evidence
from muster_demo.membership_roll import RETIRED, Roll
from muster_demo.staff import Json, Staff, until
from muster_demo.union import BRANCHES

_IDS = "SELECT member_id, membership_number FROM members"
_AT_ONCE = 8
_WITHIN = 600.0


class RollChanges:
    """`erased` counts the members whose erasure was answered."""

    def __init__(self, stack: Stack, staff: Staff, roll: Roll, seed: int) -> None:
        self._stack, self._staff, self._roll = stack, staff, roll
        self._dice = random.Random(f"roll {seed}")  # noqa: S311 - a repeatable draw, not a secret
        self.erased = self.imported = 0
        self.turn = asyncio.Lock()
        """While it is held, this is not carried out."""

    async def carry_out(self) -> None:
        """Both at once."""
        people = len(self._roll.people)
        numbers = {person.number for person in self._dice.sample(self._roll.people, people // 10)}
        async with self.turn, asyncio.TaskGroup() as group:
            group.create_task(self._import(10 * people))
            group.create_task(self._erase(numbers))

    async def _import(self, people: int) -> None:
        headers = {"Content-Type": "text/csv"}
        sent = await self._staff.call("members", "POST", "/imports", content=retired(people), headers=headers)
        path = f"/imports/{sent['import_id']}"
        await self._import_in(path, "checked")
        await self._staff.post("members", f"{path}/apply")
        self.imported = int((await self._import_in(path, "applied"))["applied"]["new"])

    async def _import_in(self, path: str, state: str) -> Json:
        async def look() -> Json:
            return await self._staff.get("members", path)

        return await until(
            look, lambda seen: seen["state"] == state, within=_WITHIN, what=f"the roll {state}", every=1.0
        )

    async def _erase(self, numbers: Collection[str]) -> None:
        waiting = iter(await self._ids(numbers))

        async def erase() -> None:
            for member_id in waiting:
                await self._staff.call("members", "DELETE", f"/members/{member_id}")
                self.erased += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(erase())

    async def _ids(self, numbers: Collection[str]) -> list[str]:
        while True:
            try:
                found = await evidence.rows(self._stack, "members", _IDS)
            except evidence.AWAY:
                await asyncio.sleep(1)
            else:
                return [str(row["member_id"]) for row in found if row["membership_number"] in numbers]


def retired(people: int) -> bytes:
    """A roll of people whom no campaign of a run is for, so that what is to be sent stays as it is."""
    text = io.StringIO()
    columns = ("membership_number", "given_name", "family_name", "branch", "mobile", "language", "job")
    writer = csv.writer(text)
    writer.writerow(columns)
    for index in range(people):
        branch = BRANCHES[index % len(BRANCHES)]
        writer.writerow((f"LU-RETIRED-{index}", "Ann", "Lee", branch.slug, f"07404 {index:06d}", "en", RETIRED))
    return text.getvalue().encode()
