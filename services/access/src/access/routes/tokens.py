"""The token endpoint (RFC 6749, client credentials)."""

import base64
import binascii
from typing import Annotated
from urllib.parse import parse_qs, unquote_plus

from access.domain.clients import ClientId
from access.service.tokens import Tokens
from chassis.errors import Forbidden, Unauthenticated
from chassis.http.auth import public
from chassis.http.problems import given, problems
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

router = APIRouter(tags=["tokens"])
Service = Annotated[Tokens, Depends(given(Tokens))]
_CLIENT_ID: TypeAdapter[str] = TypeAdapter(ClientId)
_FORM = "application/x-www-form-urlencoded"
_NOT_STORED = {"Cache-Control": "no-store"}


class TokenRequest(BaseModel):
    """The form; the client's id and secret may be sent as Basic credentials instead."""

    grant_type: str = Field(description="`client_credentials`", examples=["client_credentials"])
    scope: str | None = Field(
        default=None,
        description="Scopes separated by blanks (`POST /clients` lists them); without it all of the client's",
        examples=["members:read"],
    )
    client_id: str | None = Field(default=None, description="Id of the client", examples=["organiser"])
    client_secret: str | None = Field(
        default=None, description="Secret of the client", examples=["a 43 character secret"]
    )


class Token(BaseModel):
    """An access token (RFC 6749, 5.1)."""

    access_token: str = Field(description="A signed JWT for the header Authorization", examples=["eyJhbGciOi…"])
    token_type: str = Field(default="Bearer", description="How it is sent", examples=["Bearer"])
    expires_in: int = Field(description="Seconds for which it is valid", examples=[3600])
    scope: str = Field(description="Its scopes, separated by blanks", examples=["members:read"])


class TokenError(BaseModel):
    """Why there is no token (RFC 6749, 5.2)."""

    error: str = Field(description="Code of the error", examples=["invalid_client"])
    error_description: str = Field(description="The error in words", examples=["the client or its secret is not known"])


class _Fault(Exception):
    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        content = TokenError(error=error, error_description=description).model_dump()
        self.answer = JSONResponse(content, status, _NOT_STORED)
        if status == 401:
            self.answer.headers["WWW-Authenticate"] = 'Basic realm="muster"'


@router.post(
    "/oauth/token",
    response_model=Token,
    responses=problems(429) | {400: {"model": TokenError}, 401: {"model": TokenError}},
    openapi_extra={"requestBody": {"required": True, "content": {_FORM: {"schema": TokenRequest.model_json_schema()}}}},
)
@public("the client's own secret; limited tries for each client and address", any_query=True)
async def issue_token(tokens: Service, request: Request, response: Response) -> Token | Response:
    """An access token for a client: `grant_type=client_credentials`, the secret as Basic or in the form, `scope` to ask
    for less than the client may."""
    try:
        form = _form(request.headers.get("content-type", ""), await request.body())
        client_id, secret = _credentials(request.headers.get("authorization"), form)
        address = request.client.host if request.client else ""
        issued = await tokens.issue(client_id, secret, form.get("scope"), address)
    except _Fault as fault:
        return fault.answer
    except Unauthenticated as refused:
        return _Fault(401, "invalid_client", refused.detail).answer
    except Forbidden as refused:
        return _Fault(400, "invalid_scope", refused.detail).answer
    response.headers.update(_NOT_STORED)
    return Token(access_token=issued.token, expires_in=issued.seconds, scope=" ".join(sorted(issued.scopes)))


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
