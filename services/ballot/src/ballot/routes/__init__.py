"""Ballot over HTTP."""

from ballot.routes import answers, figures, member, polls
from fastapi import APIRouter


def routers() -> tuple[APIRouter, ...]:
    """All of them."""
    return polls.router, figures.router, answers.router, member.router
