"""Keys that sign tokens."""

from typing import Annotated

from access.domain.signing_keys import ALGORITHM
from access.service.signing_keys import SigningKeys
from chassis.http.auth import Caller, NeedsUnionWide, public
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

router = APIRouter(tags=["keys"])
Service = Annotated[SigningKeys, Depends(given(SigningKeys))]
Administrator = Annotated[Caller, Depends(NeedsUnionWide("clients:write"))]
AtOnce = Annotated[bool, Query(description="Sign with it now, and publish no other: every issued token is void")]


class JsonWebKey(BaseModel):
    """A public key (RFC 7517, RFC 8037)."""

    kty: str = Field(default="OKP", description="Key type", examples=["OKP"])
    crv: str = Field(default="Ed25519", description="Curve", examples=["Ed25519"])
    use: str = Field(default="sig", description="Use of the key", examples=["sig"])
    alg: str = Field(default=ALGORITHM, description="Algorithm of the signatures", examples=[ALGORITHM])
    kid: str = Field(description="Id of the key, in the header of a token", examples=["c0ffee0123456789"])
    x: str = Field(description="The public key in base64url", examples=["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"])


class JsonWebKeySet(BaseModel):
    """Public keys that verify tokens (RFC 7517)."""

    keys: list[JsonWebKey] = Field(description="Old and new keys while they overlap")


class RotatedKey(BaseModel):
    """The new key."""

    kid: str = Field(description="Id of the key", examples=["c0ffee0123456789"])


@router.get("/.well-known/jwks.json", tags=["tokens"])
@public("public keys only")
async def get_key_set(keys: Service) -> JsonWebKeySet:
    """The keys that verify tokens, old and new while they overlap."""
    return JsonWebKeySet(keys=[JsonWebKey(kid=key.kid, x=key.public) for key in await keys.published()])


@router.post("/keys/rotate", status_code=201)
async def rotate_signing_key(keys: Service, caller: Administrator, at_once: AtOnce = False) -> RotatedKey:
    """Make a new signing key: published now, signing in ten minutes. `at_once` is for a private key that others may
    know."""
    return RotatedKey(kid=await keys.rotate(at_once=at_once))
