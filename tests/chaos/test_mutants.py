"""How a mutant is judged, on a project of two files: caught, missed by nobody, hanging, or broken."""

from pathlib import Path

import pytest
from muster_chaos.mutants.protections import Protection
from muster_chaos.mutants.runner import attempt

_SOURCE = "libs/guard/src/guard_of_tests/gate.py"
_TEST = """
from guard_of_tests.gate import closed

def test_the_gate_is_closed():
    while closed() is None:
        pass
    assert closed()
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take seconds and are not needed
    source = tmp_path / _SOURCE
    source.parent.mkdir(parents=True)
    (source.parent / "__init__.py").touch()
    source.write_text("def closed():\n    return True\n")
    (tmp_path / "test_gate.py").write_text(_TEST)
    return tmp_path


def protection(after: str) -> Protection:
    return Protection("the gate", _SOURCE, "return True", after, ("test_gate.py",))


def test_a_mutant_that_a_test_misses_is_caught_by_name(project: Path) -> None:
    found = attempt(protection("return False"), project)
    assert [test.rpartition("::")[2] for test in found.by] == ["test_the_gate_is_closed"]


def test_a_mutant_that_changes_nothing_is_missed_by_nobody(project: Path) -> None:
    assert attempt(protection("return 1"), project).by == ()


def test_a_mutant_that_makes_its_test_hang_is_caught_by_that(project: Path) -> None:
    assert attempt(protection("return None"), project, longest_seconds=10).by == ("hangs for more than 10 s",)


def test_a_mutant_that_does_not_import_shows_nothing(project: Path) -> None:
    found = attempt(protection("return ("), project)
    assert found.by == ()
    assert "does not import" in found.why


def test_a_test_that_fails_anyhow_shows_nothing(project: Path) -> None:
    (project / "test_gate.py").write_text(_TEST + "    assert False\n")
    found = attempt(protection("return False"), project)
    assert found.by == ()
    assert "fails with it, too" in found.why
