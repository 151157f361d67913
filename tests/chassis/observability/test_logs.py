"""What slips into a log is masked in the process itself, whatever form it has; ids and times stay readable."""

import json
import logging
import subprocess
import sys
import textwrap
from typing import Any
from uuid import UUID

import pytest
from chassis.observability.logs import RateLimitFilter, masked


def _line(value: Any) -> Any:
    return masked(None, "", {"event": value})["event"]


@pytest.mark.parametrize(
    ("said", "masked_as"),
    [
        ("sent to +447700900123 and ann.jones@example.org", "sent to [number] and [address]"),
        ("GET /x?To=%2B447700900123&From=%2b44%207700%20900456", "GET /x?To=[number]&From=[number]"),
        ("next=%2Fx%3FTo%3D%252B447700900123%26", "next=%2Fx%3FTo%3D[number]%26"),
        ("To%3D447700900123", "To%3D[number]"),
        ("?to=ann.jones%40example.org&a=1", "?to=[address]&a=1"),
        ("?to=ann%2540example%252Eorg", "?to=[address]"),
        ('"ann jones"@example.org', "[address]"),
        (r"{\"to\": \"ann@example.org\"}", r"{\"to\": \"[address]\"}"),
        ("dialled 07700 900123, (0113) 496 0000 and +44-7700-900-123", "dialled [number], ([number] and [number]"),
        ("whatsapp:+447700900123suffix", "whatsapp:[number]suffix"),
        (447700900123, "[number]"),
        (b"From: ann@example.org", "From: [address]"),
        (ValueError("no route to +447700900123"), "no route to [number]"),
        ({"to": "+447700900123", "ann@example.org": 1}, {"to": "[number]", "[address]": 1}),
        (
            [{"points": ("07700900123", {"mail": ["ann@example.org"]})}],
            [{"points": ["[number]", {"mail": ["[address]"]}]}],
        ),
    ],
)
def test_numbers_and_addresses_are_masked_in_every_form(said: Any, masked_as: Any) -> None:
    assert _line(said) == masked_as


@pytest.mark.parametrize(
    "said",
    [
        "0d9f3a1e-5b7c-4c2d-8e6f-000000000003",
        "12345678-1234-4234-8234-123456789012",
        "SM01234567890123456789012345678901",
        "2026-11-22T09:40:53.359215+00:00",
        "partition 3, offset 123456, 450 ms",
        "GET /campaigns/0d9f3a1e-5b7c-4c2d-8e6f-000000000003/progress?limit=100",
        123_456_789,
        3.5,
        True,
        None,
    ],
)
def test_ids_times_and_counts_stay_readable(said: Any) -> None:
    assert _line(said) == said


def test_an_id_that_is_no_text_yet_is_readable_too() -> None:
    member = UUID("12345678-1234-4234-8234-123456789012")
    assert _line({"member": member}) == {"member": str(member)}


_PROGRAM = """
    import logging, sys
    from chassis.observability.logs import configure, get
    configure("trial", level="INFO", form=sys.argv[1])
    log = get("trial")
    log.info("told", to="+447700900123", request={"query": "To=%2B447700900123", "mail": ["ann%40example.org"]})
    log.info("told %s", "ann@example.org")
    logging.getLogger("library").warning("POST /sms?To=%s for %s", "%2B447700900123", "ann@example.org")
    try:
        number = "+447700900123"
        raise ValueError(f"cannot reach {number} or ann@example.org")
    except ValueError as error:
        log.exception("failed", error=error)
        logging.getLogger("library").exception("failed")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_line_of_a_process_holds_what_was_logged_by_mistake(form: str) -> None:
    argv = (sys.executable, "-c", textwrap.dedent(_PROGRAM), form)
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    said = done.stdout + done.stderr
    assert said.count("failed") >= 2
    assert "[number]" in said
    assert "[address]" in said
    for secret in ("7700900123", "ann"):
        assert secret not in said.replace("cannot", "")
    if form == "json":
        assert {json.loads(line)["service"] for line in done.stdout.splitlines()} == {"trial"}


def _line_of_a_library(at: float, said: str = "cannot reach node %s", *given: object, **also: Any) -> logging.LogRecord:
    record = logging.LogRecord("aiokafka", logging.ERROR, "", 0, said, given, also.get("exc_info"))
    record.created = at
    return record


def test_a_repeated_line_of_a_library_passes_once_in_ten_seconds_with_the_number_left_out() -> None:
    heard = RateLimitFilter()
    passed = [record for tenth in range(250) if heard.filter(record := _line_of_a_library(tenth / 10))]
    assert [record.created for record in passed] == [0.0, 10.0, 20.0]
    assert [record.msg for record in passed] == [
        "cannot reach node %s",
        *["cannot reach node %s [99 more like this were left out]"] * 2,
    ]


def test_another_line_a_traceback_and_our_own_lines_are_never_left_out() -> None:
    heard = RateLimitFilter()
    assert heard.filter(_line_of_a_library(0.0))
    assert heard.filter(_line_of_a_library(0.0, "something else"))
    failed = (ValueError, ValueError("no"), None)
    assert all(heard.filter(_line_of_a_library(0.0, exc_info=failed)) for _ in range(3))
    ours = _line_of_a_library(0.0)
    ours.msg = {"event": "batch put back"}  # as structlog hands it over
    assert all(heard.filter(ours) for _ in range(3))
