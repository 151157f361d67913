"""The segmenter's paths."""

from fastapi import APIRouter
from segmenter.routes import campaigns, launch, member_history, segments, test_sends, union_events, union_stop

_MODULES = (segments, campaigns, launch, test_sends, union_stop, member_history, union_events)
ROUTERS: tuple[APIRouter, ...] = (*(module.router for module in _MODULES), test_sends.staff_router)
