"""Liveness and readiness that tell the truth: what works, what does not, and whether to send requests here."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol

from chassis.auth import public
from chassis.consuming import Hearing, Progress
from chassis.database import Database
from chassis.errors import Unavailable
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text

_STALE = 30.0
"""Seconds without a poll after which a consumer counts as stalled."""


class Parts(Protocol):
    """What of an application its health is read from."""

    database: Database | None
    hearings: tuple[Hearing, ...]
    running_tasks: list[asyncio.Task[None]]


def router(application: Parts) -> APIRouter:
    """/healthz and /readyz of one application."""
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz", include_in_schema=False)
    @public("health: says nothing about anybody")
    async def alive() -> JSONResponse:
        """Whether this process is worth keeping."""
        dead = [task.get_name() for task in application.running_tasks if task.done()]
        return JSONResponse({"status": "failed" if dead else "ok", "dead": dead}, 503 if dead else 200)

    @routes.get("/readyz", include_in_schema=False)
    @public("health: says nothing about anybody")
    async def ready() -> JSONResponse:
        """Whether requests may come. A stalled consumer is told, but does not close the front door."""
        parts = {"database": await _database(application)} | _consumers(application)
        refused = [name for name, state in parts.items() if state in {"down", "starting"}]
        return JSONResponse({"status": "refusing" if refused else "ok", "parts": parts}, 503 if refused else 200)

    return routes


async def _database(application: Parts) -> str:
    if application.database is None:
        return "none"
    try:
        async with application.database.transaction() as session:
            await session.execute(text("SELECT 1"))
    except Unavailable:
        return "down"
    return "ok"


def _consumers(application: Parts) -> dict[str, str]:
    return {f"hears {hearing.group}": _state(hearing.progress) for hearing in application.hearings}


def _state(progress: Progress) -> str:
    if not progress.assigned:
        return "starting"
    if progress.spare:
        return "ok"
    if progress.last_poll is None or (datetime.now(UTC) - progress.last_poll).total_seconds() > _STALE:
        return "stalled"
    return "ok" if progress.caught_up else "catching up"
