"""What is done for the whole is done by one replica."""

from pathlib import Path

import pytest
from chassis.periodic import Periodic

from tests.architecture.rooms import SERVICES
from tests.architecture.services import build

_BY_EVERY_REPLICA = {"freezing", "freezing-alerts", "fan-out-0", "fan-out-1"}
"""Work that is shared out by locks on rows: more replicas do more of it."""


@pytest.mark.parametrize("service", SERVICES)
def test_a_periodic_task_is_led_unless_it_is_shared_work(service: str, tmp_path: Path) -> None:
    tasks = [task for task in build(service, tmp_path).tasks if isinstance(task, Periodic)]
    assert {task.name for task in tasks if task.leader is None} <= _BY_EVERY_REPLICA
    assert service == "sandbox" or "retention" in {task.name for task in tasks}
