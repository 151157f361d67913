"""Ballot over HTTP."""

from fastapi import APIRouter

from ballot.routes import answers, figures, member, polls


def routers() -> tuple[APIRouter, ...]:
    """All of them."""
    return polls.router, figures.router, answers.router, member.router
