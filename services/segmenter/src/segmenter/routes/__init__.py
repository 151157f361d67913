"""The segmenter's paths."""

from fastapi import APIRouter
from segmenter.routes import campaigns, history, launching, segments, sending, staff

ROUTERS: tuple[APIRouter, ...] = (
    segments.router,
    campaigns.router,
    launching.router,
    staff.router,
    sending.router,
    history.router,
)
