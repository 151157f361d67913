"""Bearer tokens of a key of our own, and the key set that publishes it."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ALL_SCOPES = (
    "members:read members:write members:erase bodies:write imports:write events:write clients:write history:read "
    "segments:read segments:write campaigns:read campaigns:write campaigns:approve campaigns:launch "
    "campaigns:urgent campaigns:pass-quiet-hours sending:stop deliveries:read suppressions:write polls:read "
    "polls:write replies:read segments:sensitive campaigns:test staff:write"
)


class Issuer:
    """Signs tokens; `jwks_url` serves its public key while `serving`."""

    def __init__(self) -> None:
        self.kid = secrets.token_hex(4)
        self.key = Ed25519PrivateKey.generate()
        self.jwks_url = ""

    def token(self, scopes: str = ALL_SCOPES, *, branch: str | None = None, **claims: Any) -> str:
        """A valid bearer token; `claims` replace single claims, such as exp or aud."""
        now = datetime.now(UTC)
        body: dict[str, Any] = {
            "iss": "muster",
            "aud": "muster",
            "sub": "a-test-client",
            "iat": int((now - timedelta(days=3650)).timestamp()),
            "exp": int((now + timedelta(days=3650)).timestamp()),
            "scope": scopes,
        }
        if branch is not None:
            body["branch"] = branch
        return jwt.encode(body | claims, self.key, algorithm="EdDSA", headers={"kid": self.kid})

    def key_set(self) -> bytes:
        """The JSON Web Key Set."""
        key = jwt.algorithms.OKPAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return json.dumps({"keys": [{**key, "kid": self.kid, "alg": "EdDSA", "use": "sig"}]}).encode()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        """Serve the key set on a free port."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.jwks_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/.well-known/jwks.json"
        async with server:
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = self.key_set()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close"
        with suppress(asyncio.IncompleteReadError, ConnectionError):  # whoever asked may have gone
            try:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(head.encode() + b"\r\n\r\n" + body)
                await writer.drain()
            finally:
                writer.close()
                await writer.wait_closed()
