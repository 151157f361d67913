"""Ballot over HTTP."""

from ballot.routes import answers, declared_ballots, member_pages, members, polls, results
from fastapi import APIRouter


def routers() -> tuple[APIRouter, ...]:
    """All routes."""
    return (
        polls.router,
        results.router,
        declared_ballots.router,
        answers.router,
        members.router,
        member_pages.router,
    )
