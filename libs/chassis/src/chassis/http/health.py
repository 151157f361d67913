"""Liveness and readiness: what works, what does not, and whether to send requests here."""

import asyncio
from typing import Protocol

from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.http.auth import public
from chassis.kafka.subscription import Subscription
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text

NOT_YET = "not yet"
"""A consumer that has been assigned nothing since the start."""
_HOPELESS = 10.0
"""Multiple of the time after which a consumer counts as stalled; after that it does not recover."""


class Parts(Protocol):
    """What of an application its health is read from."""

    database: Database | None
    subscriptions: tuple[Subscription, ...]
    running_tasks: list[asyncio.Task[None]]


def router(application: Parts) -> APIRouter:
    """/healthz and /readyz of one application."""
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz", include_in_schema=False)
    @public("health: says nothing about anybody")
    async def alive() -> JSONResponse:
        """Whether this process is worth keeping. A broker or a database that is away is no reason to end it."""
        dead = [task.get_name() for task in application.running_tasks if task.done()]
        dead += [
            _name(one) for one in application.subscriptions if _state(one) == "stalled" and one.is_silent(_HOPELESS)
        ]
        return JSONResponse({"status": "failed" if dead else "ok", "dead": dead}, 503 if dead else 200)

    @routes.get("/readyz", include_in_schema=False)
    @public("health: says nothing about anybody")
    async def ready() -> JSONResponse:
        """Whether requests may come, for which the database is enough: what they write waits in the outbox. A broker
        that is away, also since the start ("not yet"), is shown and refuses no request. A consumer that has stalled
        while the broker answers does refuse."""
        parts = {"database": await _database(application)} | _consumers(application)
        refused = [name for name, state in parts.items() if state in {"down", "stalled"}]
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
    return {_name(subscription): _state(subscription) for subscription in application.subscriptions}


def _name(subscription: Subscription) -> str:
    return f"hears {subscription.group}"


def _state(subscription: Subscription) -> str:
    progress = subscription.progress
    if not progress.assigned:
        return NOT_YET
    if progress.spare:
        return "ok"
    if progress.rebuilt:
        return progress.rebuilt
    if subscription.is_silent():
        return "cut off" if progress.cut_off else "stalled"
    return "ok" if progress.caught_up else "catching up"
