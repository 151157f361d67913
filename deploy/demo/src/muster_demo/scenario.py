"""The main job, step by step, as the union's staff do it: by REST only."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from local_stack.processes import Failed
from local_stack.stack import Stack
from muster_demo import campaign_content, evidence, member_answers
from muster_demo.member_changes import changes, meeting
from muster_demo.membership_roll import Roll
from muster_demo.staff import Json, Refusal, Staff, until
from muster_demo.stages import Stages
from muster_demo.union import BRANCHES, REGIONS, UNION, UNION_NAME

_BATCH = "application/cloudevents-batch+json"
_AT_ONCE = 500
"""Texts handed to the sandbox in one request."""


@dataclass
class Scenario:
    """Carries out the steps; `facts` are the API's answers, for the report."""

    stack: Stack
    roll: Roll
    stages: Stages
    organiser: Staff
    approver: Staff
    facts: dict[str, Json] = field(default_factory=dict)
    members: int = 0
    poll_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    campaign_id: str = ""
    link_answers: int = 0

    async def carry_out(self) -> None:
        """From an empty union to a counted poll."""
        await self.prepare()
        await self.plan()
        await self._send()
        await self._answer()
        await self._count()

    async def prepare(self) -> None:
        """Until all services have all members and the poll is open."""
        await self._create_units()
        await self._import_roll()
        await self._post_changes()
        await self._wait_for_projections()
        await self._open_poll()

    async def _create_units(self) -> None:
        bodies: list[tuple[str, str, str, str | None]] = [(UNION, "union", UNION_NAME, None)]
        bodies += [(slug, "region", name, UNION) for slug, name in REGIONS.items()]
        bodies += [(branch.slug, "branch", branch.name, branch.region) for branch in BRANCHES]
        with self.stages.stage("found the union: regions and branches", len(bodies)) as bar:
            for done, (body, kind, name, parent) in enumerate(bodies, start=1):
                given = {"kind": kind, "name": name, "parent": parent}
                await self.organiser.call("members", "PUT", f"/bodies/{body}", json=given)
                bar.at(done)

    async def _import_roll(self) -> None:
        with self.stages.stage("check the roll (writes nothing)") as bar:
            headers = {"Content-Type": "text/csv"}
            sent = await self.organiser.call("members", "POST", "/imports", content=self.roll.data, headers=headers)
            path = f"/imports/{sent['import_id']}"
            checked = await self._import_in(path, "checked", lambda seen: bar.at(seen["rows"]))
            bar.at(checked["rows"], note=f"{checked['rejected']} rows to mend")
        with self.stages.stage("import the good rows", checked["people"]) as bar:
            await self.organiser.post("members", f"{path}/apply")
            applied = await self._import_in(path, "applied", lambda seen: bar.at(_applied(seen)))
        rejected = await self.organiser.get("members", f"{path}/rejected.csv")
        self.facts["import"] = applied
        self.facts["rejected_rows"] = len(str(rejected).strip().splitlines()) - 1
        self.members = applied["applied"]["new"]

    async def _import_in(self, path: str, state: str, show: Callable[[Json], None]) -> Json:
        """An import once it is in this state; shown until then."""

        async def look() -> Json:
            seen = await self.organiser.get("members", path)
            show(seen)
            return seen

        return await until(look, lambda seen: seen["state"] == state, within=600, what=f"the roll {state}")

    async def _post_changes(self) -> None:
        now = self.stack.clock.now()
        changed, calendar = changes(self.roll.people, now), meeting(now)
        with self.stages.stage("changes and a meeting (CloudEvents)", len(changed.events) + 1) as bar:
            first, *_ = changed.events
            for message in (to_structured(first, JSONFormat()), to_binary(calendar, JSONFormat())):
                await self.organiser.call("members", "POST", "/events", content=message.body, headers=message.headers)
            headers = {"Content-Type": _BATCH}
            answer = await self.organiser.call("members", "POST", "/events", content=changed.batch(), headers=headers)
            bar.at(len(answer["events"]) + 1)
        self.facts["events"] = len(changed.events) + 1
        self.members += changed.joined - changed.gone

    async def _wait_for_projections(self) -> None:
        everybody = {"rule": {"kind": "body", "bodies": [UNION]}}
        with self.stages.stage("wait until all services have all members", self.members) as bar:

            async def known() -> int:
                previewed = await self.organiser.post("segmenter", "/segments/preview", everybody)
                electorate = await self.organiser.get("ballot", f"/electorates/{UNION}")
                least = min(int(previewed["count"]), int(electorate["members"]))
                bar.at(least)
                return least

            # The changes only add or remove people who are counted, so that the sum is right once all have arrived.
            await until(known, lambda seen: seen == self.members, within=300, what="members known to segmenter, ballot")

    async def _open_poll(self) -> None:
        closes_at = self.stack.clock.now() + timedelta(days=2)
        await self.organiser.post("ballot", "/polls", campaign_content.poll(self.poll_id, closes_at))
        with self.stages.stage("open the poll: freeze its roll", 1):
            opened = await self.organiser.post("ballot", f"/polls/{self.poll_id}/open")
        self.facts["poll_roll"] = opened["roll"]

    async def plan(self) -> None:
        """A campaign that is ready to be launched."""
        with self.stages.stage("write, test, price, approve the campaign", 4) as bar:
            await self.draft()
            bar.at(1)
            await self._test_on_staff()
            bar.at(2)
            summary = await self.confirm()
            bar.at(4, note=f"{summary['sms']['parts']} parts")

    async def draft(self, reminder: int = 0) -> None:
        """Write the segment and the campaign."""
        segment = await self.organiser.post("segmenter", "/segments", campaign_content.segment())
        expires_at = self.stack.clock.now() + timedelta(days=2)
        draft = campaign_content.campaign(segment["segment_id"], self.poll_id, expires_at, reminder)
        self.campaign_id = await until(lambda: self._write(draft), bool, within=60, what="poll known to segmenter")
        self.facts["segment_id"] = segment["segment_id"]

    async def _test_on_staff(self) -> None:
        sample = (await self.organiser.get("segmenter", f"/segments/{self.facts['segment_id']}/preview"))["sample"]
        staff = [row["member_id"] for row in sample[:2]]
        for member_id in staff:
            await self.approver.call("segmenter", "PUT", f"/test-staff/{member_id}")
        trial = {"test_id": str(uuid.uuid4()), "member_ids": staff}
        await self.organiser.post("segmenter", f"/campaigns/{self.campaign_id}/tests", trial)

    async def confirm(self) -> Json:
        """Its summary, approved by a second person."""
        summary = await self.organiser.post("segmenter", f"/campaigns/{self.campaign_id}/summary")
        confirmed = {"summary": summary["hash"]}
        await self.approver.post("segmenter", f"/campaigns/{self.campaign_id}/approve", confirmed)
        self.facts |= {"summary": summary, "confirmed": confirmed}
        return summary

    async def _write(self, draft: Mapping[str, object]) -> str:
        """The campaign's id; empty while the segmenter does not have the poll yet."""
        try:
            return str((await self.organiser.post("segmenter", "/campaigns", draft))["campaign_id"])
        except Refusal as refusal:
            if refusal.is_about("poll_id"):
                return ""
            raise

    async def _send(self) -> None:
        path = f"/campaigns/{self.campaign_id}"
        with self.stages.stage("send: fan out, text, e-mail, receipts") as bar:
            await self.organiser.post("segmenter", f"{path}/launch", self.facts["confirmed"])

            async def progress() -> Json:
                seen = await self.organiser.get("segmenter", f"{path}/progress")
                status = seen["by_status"]
                done = seen["done"] + sum(row.get("accepted", 0) for row in (seen["by_channel"].get("email", {}),))
                bar.at(done, max(seen["requested"], seen["audience"] - sum(seen["planned_skips"].values()), 1))
                bar.progress.update(bar.task, note=f"{status.get('delivered', 0)} delivered")
                return seen

            await until(progress, lambda seen: seen["state"] == "completed", within=900, what="campaign completed")
        self.facts["progress"] = await self.organiser.get("segmenter", f"{path}/progress")

    async def _answer(self) -> None:
        tries = await evidence.tries(self.stack)
        first = member_answers.first_texts(self.stack.journal, tries)
        second = member_answers.second_texts(first)
        clicks = member_answers.clicks(self.stack.journal, tries)
        with self.stages.stage("members answer: texts and links", len(first) + len(second) + len(clicks)) as bar:

            def more(number: int) -> None:
                bar.at(int(bar.progress.tasks[bar.task].completed) + number)

            async with asyncio.TaskGroup() as group:
                group.create_task(self._text_all((first, second), more))
                group.create_task(self._click(clicks, more))

    async def _text_all(self, waves: tuple[list[member_answers.Text], ...], more: Callable[[int], None]) -> None:
        for wave in waves:
            for start in range(0, len(wave), _AT_ONCE):
                some = wave[start : start + _AT_ONCE]
                await self._text(some)
                more(len(some))

    async def _text(self, texts: list[member_answers.Text]) -> None:
        account, token = self.stack.secrets["TWILIO_ACCOUNT_SID"], self.stack.secrets["TWILIO_AUTH_TOKEN"]
        async with httpx.AsyncClient(base_url=self.stack.url("sandbox"), auth=(account, token), timeout=600) as sandbox:
            body = {"texts": [text.as_json() for text in texts], "concurrency": 32}
            answer = await sandbox.post("/sandbox/inbound/bulk", json=body)
            if not answer.is_success or answer.json()["failed"]:
                raise Failed(f"inbound texts were not accepted: {answer.text[:500]}")

    async def _click(self, clicks: list[member_answers.Click], more: Callable[[int], None]) -> None:
        """Open the page first, as people and mail scanners do, then send the form."""
        waiting = iter(clicks)
        async with httpx.AsyncClient(timeout=60) as browser:

            async def read_mail() -> None:
                for click in waiting:
                    for answer in (await browser.get(click.url), await browser.post(click.url, data=click.form)):
                        if not answer.is_success:
                            raise Failed(f"a member's link was answered {answer.status_code}: {answer.text[:300]}")
                    self.link_answers += "option" in click.form
                    more(1)

            async with asyncio.TaskGroup() as group:
                for _ in range(8):
                    group.create_task(read_mail())

    async def _count(self) -> None:
        path = f"/polls/{self.poll_id}"
        with self.stages.stage("close the poll and count", 1):
            await self.organiser.post("ballot", f"{path}/close")

            async def result() -> Json:
                return await self.organiser.get("ballot", f"{path}/result")

            counted = await until(result, lambda seen: seen["state"] == "counted", within=180, what="poll counted")
        self.facts["result"] = counted
        self.facts["turnout"] = await self.organiser.get("ballot", f"{path}/turnout")


def _applied(seen: Json) -> int:
    """Members of a roll who are stored so far."""
    done = seen["applied"] or {}
    return sum(done.get(name, 0) for name in ("new", "changed", "unchanged"))
