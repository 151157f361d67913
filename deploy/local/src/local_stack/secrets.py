"""The secrets of this installation: created once, readable for the owner only."""

import json
import os
import secrets
from pathlib import Path

_WANTED = {
    "ID_SECRET": 32,
    "PSEUDONYM_SECRET": 32,
    "ADDRESS_SECRET": 32,
    "LINK_SECRET": 32,
    "TOKEN_KEY_SECRET": 32,
    "CLIENT_SECRET": 32,
    "TWILIO_AUTH_TOKEN": 16,
    "SMTP_PASSWORD": 16,
    "POSTGRES_PASSWORD": 16,
}


def load_or_create(path: Path) -> dict[str, str]:
    """Values by environment name; missing ones are created."""
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    created = {name: secrets.token_hex(size) for name, size in _WANTED.items() if name not in kept}
    kept.setdefault("TWILIO_ACCOUNT_SID", f"AC{secrets.token_hex(16)}")
    if created or not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(kept | created, file, indent=1)
    return kept | created
