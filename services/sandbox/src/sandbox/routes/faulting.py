"""Faults on demand, over HTTP."""

from typing import Annotated, Any

from chassis.errors import NotFound
from chassis.http.auth import public
from chassis.http.problems import given
from fastapi import APIRouter, Depends, status
from pydantic import BaseModel, ConfigDict, Field
from sandbox.faults import Armed, Faults, Rule
from sandbox.routes.control import GUARD

router = APIRouter(prefix="/sandbox/faults", tags=["faults"])
All = Annotated[Faults, Depends(given(Faults))]


class Rules(BaseModel):
    """Several at once."""

    model_config = ConfigDict(extra="forbid")

    rules: list[Rule] = Field(min_length=1, max_length=1000)


@router.post("", status_code=status.HTTP_201_CREATED)
@public(GUARD)
async def arm(given_rules: Rules | Rule, faults: All) -> dict[str, Any]:
    """Put one rule or several in force."""
    rules = given_rules.rules if isinstance(given_rules, Rules) else [given_rules]
    return {"faults": [_shown(faults.arm(rule)) for rule in rules]}


@router.get("")
@public(GUARD)
async def armed(faults: All) -> dict[str, Any]:
    """The rules in force and how often each has struck."""
    return {"faults": [_shown(each) for each in faults]}


@router.delete("")
@public(GUARD)
async def disarm_all(faults: All) -> dict[str, int]:
    """Take all out of force."""
    return {"removed": faults.disarm()}


@router.delete("/{number}")
@public(GUARD)
async def disarm(number: int, faults: All) -> dict[str, int]:
    """Take one out of force."""
    if not faults.disarm(number):
        raise NotFound("there is no such fault")
    return {"removed": 1}


def _shown(each: Armed) -> dict[str, Any]:
    return {"id": each.id, "seen": each.seen, "hits": each.hits} | each.rule.model_dump(exclude_none=True)
