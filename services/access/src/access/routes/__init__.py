"""The HTTP API of access."""

from access.routes import clients, signing_keys, tokens
from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = (tokens.router, clients.router, signing_keys.router)
