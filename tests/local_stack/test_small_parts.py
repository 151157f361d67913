"""Ports, secrets, logs and clocks of the local stack."""

import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chassis.settings import strong
from local_stack import secrets
from local_stack.log_follower import LogFollower
from local_stack.ports import free_port
from local_stack.processes import Failed
from local_stack.services import RunningClock, next_weekday_noon
from local_stack.stack import exclusive
from pydantic import SecretStr


def test_secrets_are_made_once_strong_and_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = secrets.load_or_create(path)
    assert secrets.load_or_create(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for name in ("ID_SECRET", "PSEUDONYM_SECRET", "ADDRESS_SECRET", "LINK_SECRET", "TWILIO_AUTH_TOKEN"):
        strong(SecretStr(first[name]))


def test_secrets_that_came_later_are_added_to_the_kept_ones(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text('{"ID_SECRET": "kept"}')
    assert secrets.load_or_create(path)["ID_SECRET"] == "kept"
    assert secrets.load_or_create(path)["LINK_SECRET"] == secrets.load_or_create(path)["LINK_SECRET"]


def test_a_port_is_given_out_once() -> None:
    given = [free_port() for _ in range(50)]
    assert len(set(given)) == 50


def test_a_taken_port_is_replaced() -> None:
    taken = free_port()
    assert free_port(taken) != taken


def test_a_port_that_another_process_was_given_is_replaced() -> None:
    script = "from local_stack.ports import free_port; print(free_port(), flush=True); input()"
    with subprocess.Popen((sys.executable, "-c", script), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        taken = int(other.stdout.readline())
        assert free_port(taken) != taken
        other.communicate(b"\n")
    assert free_port(taken) == taken


def test_a_log_is_shown_line_by_line_and_only_when_a_line_is_whole(tmp_path: Path) -> None:
    shown: list[tuple[str, str]] = []
    log = tmp_path / "log"
    log.write_text("before\n")
    follower = LogFollower({"members": log}, lambda name, line: shown.append((name, line)))
    for text in ("one\ntw", "o\n", ""):
        with log.open("a") as file:
            file.write(text)
        follower.look()
    assert shown == [("members", "one"), ("members", "two")]


@pytest.mark.parametrize(("day", "expected"), [(19, 20), (20, 23), (21, 23), (22, 23)])
def test_the_next_working_noon_is_never_at_a_weekend(day: int, expected: int) -> None:
    noon = next_weekday_noon(datetime(2026, 11, day, 23, 30, tzinfo=UTC))
    assert noon == datetime(2026, 11, expected, 12, tzinfo=UTC)


def test_a_service_started_later_gets_the_time_it_is_by_then() -> None:
    start = datetime(2030, 1, 1, 12, tzinfo=UTC)
    clock = RunningClock(start, since=datetime.now(UTC) - timedelta(minutes=3))
    assert timedelta(minutes=3) <= clock.now() - start < timedelta(minutes=4)
    assert RunningClock(None).environment() == {}


def test_two_stacks_do_not_share_a_folder(tmp_path: Path) -> None:
    with exclusive(tmp_path), pytest.raises(Failed, match="another stack"), exclusive(tmp_path):
        pass
