"""Ballot over HTTP."""

from ballot.routes import answer_pages, answers, declared_ballots, electorates, members, polls, results
from fastapi import APIRouter


def routers() -> tuple[APIRouter, ...]:
    """All routes."""
    return (
        polls.router,
        electorates.router,
        results.router,
        declared_ballots.router,
        answers.router,
        members.router,
        answer_pages.router,
    )
