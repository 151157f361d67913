"""One stack for the whole folder."""

import secrets
import signal
from collections.abc import AsyncIterator

import pytest
from local_stack.services import BY_NAME
from muster_demo.staff import Staff

from tests.chaos.house import House
from tests.e2e.places import Settings, own_stack

_SPANS = {
    "DEADLINE_SECONDS": "11",
    "CALL_TIMEOUT_SECONDS": "6",
    "PAUSE_SECONDS": "0.5",
    "LATE_ACCEPT_SECONDS": "0.5",
    "DOUBT_SECONDS": "2",
    "LOOK_GAP_SECONDS": "0.5",
    "LOOK_EVERY_SECONDS": "0.3",
}
"""D, T, P, L and Q scaled down together, about one to forty; V is the channel's. Between D and T lies what a claim may
take before its call begins: a machine may stall for seconds."""
_SETTINGS: Settings = {
    "access": {"TOKEN_SECONDS": "86400"},
    "segmenter": {"FANOUT_CHUNK": "2", "SMS_RATE_PER_SECOND": "50"},
    "dispatch-sms": {
        **_SPANS,
        "SMS_RATE_PER_SECOND": "50",
        "LIST_LAG_SECONDS": "1",
        "LOOKS_PER_SECOND": "50",
        "STATUS_AFTER_SECONDS": "[4, 8, 600]",
    },
    "dispatch-email": {
        **_SPANS,
        "LIST_LAG_SECONDS": "0",
        "DEADLINE_SECONDS": "16",
        "CALL_TIMEOUT_SECONDS": "11",
        "SMTP_OFFER_SECONDS": "6.5",
        "SMTP_ANSWER_SECONDS": "4",
    },
}


@pytest.fixture(scope="package")
async def stack_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A union on a stack of its own."""
    settings = {name: dict(given) for name, given in _SETTINGS.items()}
    secret = secrets.token_hex(32)
    async with (
        own_stack(tmp_path_factory.mktemp("chaos"), settings) as stack,
        Staff(stack, "organiser", secret) as staff,
    ):
        house = House(stack, settings, staff, secret)
        await house.found()
        yield house


@pytest.fixture
async def house(stack_house: House) -> AsyncIterator[House]:
    """The same without faults; what a failed test left dead, standing still or doubled is put right."""
    await stack_house.sandbox.faults()
    yield stack_house
    stack = stack_house.stack
    for name, child in list(stack.children.items()):
        child.send(signal.SIGCONT)
        if name not in BY_NAME:
            await stack.remove(name)
        elif not child.running:
            await stack.restart(name)
