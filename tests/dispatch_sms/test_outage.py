"""Webhooks while the database is away: the carrier must come again."""

import uuid
from datetime import UTC, datetime

import httpx
from dispatch.linking import Callbacks
from dispatch_sms import app
from dispatch_sms.settings import Settings

from tests.dispatch_sms.house import free_port
from tests.dispatch_sms.signing import signed
from tests.support.world import World

NOWHERE = "postgresql+asyncpg://postgres@127.0.0.1:1/none"


async def test_no_webhook_is_answered_2xx_before_its_commit(world: World) -> None:
    public = f"http://127.0.0.1:{free_port()}"
    settings = world.settings(
        Settings, database_url=NOWHERE, public_url=public, twilio_base_url=public, clock_start=datetime.now(UTC)
    )
    token, delivery_id = settings.twilio_auth_token.get_secret_value(), uuid.uuid4()
    mark = Callbacks(settings).mark(delivery_id, 1)
    calls = {
        f"/webhooks/twilio/status?d={delivery_id}&g=1&m={mark}": {"MessageStatus": "delivered", "MessageSid": "SM1"},
        "/webhooks/twilio/inbound": {
            "MessageSid": "SM2",
            "From": "+447700900123",
            "To": "+447700900000",
            "Body": "STOP",
        },
    }
    async with world.running(app.build, settings) as client:
        for path, form in calls.items():
            headers = {"X-Twilio-Signature": signed(public + path, list(form.items()), token)}
            answer: httpx.Response = await client.post(path, data=form, headers=headers)
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert "retry-after" in answer.headers
