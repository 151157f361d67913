"""The REST side of members."""

from fastapi import APIRouter
from members.routes import bodies, clients, events, history, imports, members, tokens

ROUTERS: tuple[APIRouter, ...] = (
    tokens.router,
    clients.router,
    bodies.router,
    members.router,
    history.router,
    imports.router,
    events.router,
)
