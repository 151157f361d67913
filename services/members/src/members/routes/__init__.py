"""The HTTP API of members."""

from fastapi import APIRouter
from members.routes import history, imports, intake, members, units

ROUTERS: tuple[APIRouter, ...] = (
    units.router,
    members.router,
    history.router,
    imports.router,
    intake.router,
)
