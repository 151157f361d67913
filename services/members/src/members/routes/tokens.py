"""The token endpoint (RFC 6749, client credentials) and the key set."""

import base64
import binascii
from typing import Annotated, Any
from urllib.parse import parse_qs, unquote_plus

from chassis.errors import Forbidden, Unauthenticated
from chassis.http.auth import public
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from members.domain.clients import ClientId
from members.service.tokens import Tokens
from pydantic import TypeAdapter, ValidationError

router = APIRouter(tags=["tokens"])
Service = Annotated[Tokens, Depends(given(Tokens))]
_CLIENT_ID: TypeAdapter[str] = TypeAdapter(ClientId)
_FORM = "application/x-www-form-urlencoded"
_FIELDS = ("grant_type", "scope", "client_id", "client_secret")
_SCHEMA = {"type": "object", "required": ["grant_type"], "properties": {name: {"type": "string"} for name in _FIELDS}}


class _Fault(Exception):
    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.answer = JSONResponse({"error": error, "error_description": description}, status)
        self.answer.headers["Cache-Control"] = "no-store"
        if status == 401:
            self.answer.headers["WWW-Authenticate"] = 'Basic realm="muster"'


@router.post("/oauth/token", openapi_extra={"requestBody": {"content": {_FORM: {"schema": _SCHEMA}}}})
@public("the client's own secret; limited tries for each client and address", any_query=True)
async def token(tokens: Service, request: Request) -> JSONResponse:
    """An access token for a client: `grant_type=client_credentials`, the secret as Basic or in the form, `scope` to ask
    for less than the client may."""
    try:
        form = _form(request.headers.get("content-type", ""), await request.body())
        client_id, secret = _credentials(request.headers.get("authorization"), form)
        address = request.client.host if request.client else ""
        grant = await tokens.grant(client_id, secret, form.get("scope"), address)
    except _Fault as fault:
        return fault.answer
    except Unauthenticated as refused:
        return _Fault(401, "invalid_client", refused.detail).answer
    except Forbidden as refused:
        return _Fault(400, "invalid_scope", refused.detail).answer
    body = {
        "access_token": grant.token,
        "token_type": "Bearer",
        "expires_in": grant.seconds,
        "scope": " ".join(sorted(grant.scopes)),
    }
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


@router.get("/.well-known/jwks.json")
@public("public keys only")
async def key_set(tokens: Service) -> dict[str, Any]:
    """The keys that verify tokens, old and new while they overlap."""
    return await tokens.key_set()


def _form(content_type: str, body: bytes) -> dict[str, str]:
    if content_type.partition(";")[0].strip().lower() != _FORM:
        raise _Fault(400, "invalid_request", f"send a form as {_FORM}")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        raise _Fault(400, "invalid_request", "the form cannot be read") from None
    if any(len(values) > 1 for values in fields.values()):
        raise _Fault(400, "invalid_request", "a field is there twice")
    form = {name: values[0] for name, values in fields.items()}
    if form.get("grant_type") != "client_credentials":
        raise _Fault(400, "unsupported_grant_type", "grant_type must be client_credentials")
    return form


def _credentials(header: str | None, form: dict[str, str]) -> tuple[str, str]:
    """From Basic (each half form-encoded, RFC 6749 2.3.1) or the form; never both."""
    if header is not None and "client_secret" in form:
        raise _Fault(400, "invalid_request", "authenticate in one way only")
    client_id, secret = (
        _basic(header) if header is not None else (form.get("client_id", ""), form.get("client_secret", ""))
    )
    try:
        return _CLIENT_ID.validate_python(client_id), secret
    except ValidationError:
        raise _Fault(401, "invalid_client", "the client or its secret is not known") from None


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        client_id, found, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise _Fault(401, "invalid_client", "the Basic header cannot be read") from None
    if scheme.lower() != "basic" or not found:
        raise _Fault(401, "invalid_client", "authenticate with Basic")
    return unquote_plus(client_id), unquote_plus(secret)
