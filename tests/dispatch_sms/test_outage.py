"""Webhooks while the database is away: the carrier must come again."""

import uuid

import httpx
from dispatch.linking import Callbacks
from dispatch_sms import app
from dispatch_sms.settings import Settings

from tests.dispatch_sms.signing import signed
from tests.support.world import World

PUBLIC = "https://sms.union.example"
NOWHERE = "postgresql+asyncpg://postgres@127.0.0.1:1/none"


async def test_no_webhook_is_answered_2xx_before_its_commit(world: World) -> None:
    settings = world.settings(Settings, public_url=PUBLIC, database_url=NOWHERE)
    token, delivery_id = settings.twilio_auth_token.get_secret_value(), uuid.uuid4()
    mark = Callbacks(settings).mark(delivery_id, 1)
    stop = {"MessageSid": "SM2", "From": "+447700900123", "To": "+447700900000", "Body": "STOP"}
    calls = {
        f"/webhooks/twilio/status?d={delivery_id}&g=1&m={mark}": {"MessageStatus": "delivered", "MessageSid": "SM1"},
        "/webhooks/twilio/inbound": stop,
    }
    async with app.build(settings).serving() as url, httpx.AsyncClient(base_url=url, timeout=60) as carrier:
        for path, form in calls.items():
            headers = {"X-Twilio-Signature": signed(PUBLIC + path, list(form.items()), token)}
            answer = await carrier.post(path, data=form, headers=headers)
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert "retry-after" in answer.headers
