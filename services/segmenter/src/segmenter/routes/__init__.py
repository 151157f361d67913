"""The segmenter's paths."""

from fastapi import APIRouter
from segmenter.routes import (
    campaigns,
    launch,
    member_history,
    segments,
    test_sends,
    test_staff,
    union_events,
    union_stop,
)

ROUTERS: tuple[APIRouter, ...] = (
    segments.router,
    campaigns.router,
    launch.router,
    test_sends.router,
    test_staff.router,
    union_stop.router,
    member_history.router,
    union_events.router,
)
