"""Members' links to polls, and what a browser does with them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
from ballot.settings import Settings

from tests.ballot.scenario import Scenario
from tests.support.answers import http_client


def link(scenario: Scenario, poll_id: str, member_id: UUID, *, purpose: str = "answer", hours: float = 1) -> str:
    """A link as a dispatcher makes it."""
    links = scenario.world.settings(Settings).links
    expires = datetime.now(UTC) + timedelta(hours=hours)
    return f"/answer/{links.sign(purpose, UUID(poll_id), member_id, expires_at=expires)}"


async def follow(scenario: Scenario, path: str, option: str | None = None) -> httpx.Response:
    """As a member's browser does: without a token."""
    async with http_client("ballot", scenario.client.base_url) as browser:
        return await (browser.get(path) if option is None else browser.post(path, data={"option": option}))
