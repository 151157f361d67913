"""Every line is in its room, and every rule bites."""

from pathlib import PurePosixPath

import pytest

from tests.architecture.rooms import DECIDING, LONGEST_FILE, LONGEST_FUNCTION, RULES, Source, sources

BAD = {
    "statements": [
        ("ballot", "service.py", "from sqlalchemy import select\n"),
        ("ballot", "routes/polls.py", "from sqlmodel import select\n"),
        ("members", "service/roll.py", "async def f(session):\n    await session.execute('x')\n"),
        ("dispatch", "sending/loop.py", "from sqlalchemy import text\n"),
        ("chassis", "kafka/producer.py", "from sqlalchemy import text\n"),
    ],
    "fastapi": [
        ("ballot", "service.py", "from fastapi import HTTPException\n"),
        ("content", "x.py", "import fastapi\n"),
    ],
    "starlette": [("ballot", "service.py", "from starlette.responses import Response\n")],
    "twilio": [
        ("dispatch_sms", "service.py", "import twilio\n"),
        ("sandbox", "routes.py", "from twilio.rest import Client\n"),
        ("dispatch", "provider.py", "import twilio.rest\n"),
    ],
    "smtp": [("dispatch_email", "service.py", "import aiosmtplib\n"), ("sandbox", "smtp.py", "import aiosmtplib\n")],
    "kafka": [("members", "service.py", "from aiokafka import AIOKafkaProducer\n")],
    "environment": [
        ("members", "app.py", "import os\nos.environ['X']\n"),
        ("members", "app.py", "import os\nos.getenv('X')\n"),
        ("members", "app.py", "from os import environ\n"),
    ],
    "clock": [
        ("members", "domain.py", "from datetime import datetime\ndatetime.now()\n"),
        ("members", "service.py", "from datetime import date\ndate.today()\n"),
        ("chassis", "signed_links.py", "import time\ntime.time()\n"),
    ],
    "strangers": [
        ("ballot", "service.py", "from members.models import Member\n"),
        ("chassis", "app.py", "import ballot.app\n"),
        ("contracts", "event.py", "import chassis\n"),
        ("content", "parts.py", "import dispatch\n"),
    ],
    "domain": [
        ("ballot", "domain.py", "async def f():\n    pass\n"),
        ("ballot", "domain/poll.py", "async def f(x):\n    await x\n"),
        ("ballot", "domain.py", "import httpx\n"),
        ("ballot", "domain/poll.py", "from ballot.models import Poll\n"),
        ("ballot", "domain/poll.py", "from pathlib import Path\n"),
        ("ballot", "domain/poll.py", "from chassis.db.database import Database\n"),
        ("dispatch", "sending/gate/gate.py", "import asyncio\n"),
    ],
    "sizes": [
        ("ballot", "service.py", "x = 1\n" * (LONGEST_FILE + 1)),
        ("ballot", "service.py", "def f():\n" + "    x = 1\n" * LONGEST_FUNCTION),
    ],
}
GOOD = {
    "statements": [("ballot", "repository/polls.py", "from sqlalchemy import select\nsession.execute(select(1))\n")],
    "fastapi": [("ballot", "routes/polls.py", "import fastapi\n"), ("ballot", "app.py", "import fastapi\n")],
    "starlette": [("members", "routes.py", "import starlette\n")],
    "twilio": [("dispatch_sms", "provider/client.py", "import twilio\n")],
    "smtp": [("dispatch_email", "provider.py", "import aiosmtplib\n")],
    "kafka": [("chassis", "kafka/producer.py", "import aiokafka\n")],
    "environment": [("members", "settings.py", "import os\nos.environ['X']\n")],
    "clock": [("chassis", "clock.py", "datetime.now()\n"), ("members", "service.py", "self._clock.now()\n")],
    "strangers": [("ballot", "app.py", "import chassis.app\nimport contracts.event\nimport ballot.models\n")],
    "domain": [
        ("ballot", "domain/poll.py", "import re\nfrom contracts.ids import Ids\nfrom chassis.errors import Fault\n")
    ],
    "sizes": [
        ("ballot", "service.py", "x = 1\n" * LONGEST_FILE),
        ("ballot", "app.py", "def f():\n" + "    x = 1\n" * LONGEST_FUNCTION),
    ],
}


@pytest.mark.parametrize("name", RULES)
def test_every_line_is_in_its_room(name: str) -> None:
    found = [str(finding) for source in sources() for finding in RULES[name](source)]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(("name", "bad"), [(name, bad) for name, examples in BAD.items() for bad in examples])
def test_a_rule_bites(name: str, bad: tuple[str, str, str]) -> None:
    package, path, text = bad
    findings = list(RULES[name](Source(package, PurePosixPath(path), text)))
    assert findings
    assert all(str(finding).startswith(f"{package}/{path}:") for finding in findings)


@pytest.mark.parametrize(("name", "good"), [(name, good) for name, examples in GOOD.items() for good in examples])
def test_a_rule_lets_be_what_is_in_its_room(name: str, good: tuple[str, str, str]) -> None:
    package, path, text = good
    assert not list(RULES[name](Source(package, PurePosixPath(path), text)))


def test_every_rule_is_shown_to_bite() -> None:
    assert BAD.keys() == GOOD.keys() == RULES.keys()


def test_every_package_is_looked_at() -> None:
    seen = {source.package for source in sources()}
    assert seen >= {
        "contracts",
        "chassis",
        "members",
        "segmenter",
        "dispatch_sms",
        "dispatch_email",
        "ballot",
        "sandbox",
    }
    assert {"app", "settings", "routes", "consumers", "service", "domain", "repository", "models"} <= {
        source.room for source in sources() if source.package == "ballot"
    }


def test_every_deciding_module_of_a_dispatcher_is_there() -> None:
    there = {f"{source.package}.{source.module.replace('/', '.')}" for source in sources()}
    assert there >= DECIDING
