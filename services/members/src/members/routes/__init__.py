"""The HTTP API of members."""

from fastapi import APIRouter
from members.routes import history, imports, intake, members, units
from members.routes.access import clients, signing_keys, tokens

ROUTERS: tuple[APIRouter, ...] = (
    tokens.router,
    clients.router,
    signing_keys.router,
    units.router,
    members.router,
    history.router,
    imports.router,
    intake.router,
)
