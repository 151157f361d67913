"""A sandbox of its own for each test, and what stands around it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sandbox.settings import Settings

from tests.sandbox.receivers import Hook, Mailbox
from tests.sandbox.running_sandbox import ACCOUNT, TOKEN, RunningSandbox


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """A webhook that answers 200."""
    async with Hook(TOKEN).serving() as serving:
        yield serving


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """Where returned mail goes."""
    async with Mailbox().serving() as serving:
        yield serving


@pytest.fixture
def settings(tmp_path: Path, hook: Hook, mailbox: Mailbox) -> Settings:
    """A quick sandbox."""
    return Settings(
        environment="test",
        port=0,
        metrics_port=0,
        smtp_port=0,
        journal_dir=tmp_path / "journal",
        state_dir=tmp_path,
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=TOKEN,
        inbound_url=f"{hook.url}/webhooks/twilio/inbound",
        dsn_target=mailbox.address,
        sent_delay=0.01,
        delivered_delay=0.03,
        bounce_delay=0.01,
        late_bounce_delay=0.05,
        callback_retry_seconds=0.02,
    )


@pytest.fixture
async def carrier(settings: Settings) -> AsyncIterator[RunningSandbox]:
    """A running sandbox."""
    async with RunningSandbox.of(settings) as running:
        yield running


@pytest.fixture
async def orderly(settings: Settings) -> AsyncIterator[RunningSandbox]:
    """The same with one callback at a time: two at once may arrive in either order."""
    async with RunningSandbox.of(settings.model_copy(update={"callback_concurrency": 1})) as running:
        yield running
