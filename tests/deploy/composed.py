"""deploy/compose.yaml, read."""

import re
from pathlib import Path
from typing import Any

import yaml
from contracts.topics import SERVICES

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
ALL = (*SERVICES, "sandbox")
_DIGITS = "0123456789abcdef0123456789abcdef"


def compose() -> dict[str, Any]:
    """The whole file."""
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def environment(name: str) -> dict[str, str]:
    """What a service is told, every `${…}` filled in."""
    told = compose()["services"][name]["environment"]
    given = {variable: re.sub(r"\$\{[^}]*\}", _DIGITS, value) for variable, value in told.items()}
    return given | ({"TWILIO_ACCOUNT_SID": f"AC{_DIGITS}"} if "TWILIO_ACCOUNT_SID" in given else {})
