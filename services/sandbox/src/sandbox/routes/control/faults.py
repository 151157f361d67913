"""Injecting faults: adding, listing and removing rules."""

from typing import Annotated

from chassis.errors import NotFound
from chassis.http.auth import public
from chassis.http.problems import problems
from fastapi import APIRouter, Path, status
from pydantic import BaseModel, ConfigDict, Field
from sandbox.faults.active import ActiveRule
from sandbox.faults.rules import Rule
from sandbox.routes.dependencies import GUARD, UNAUTHORISED, ActiveFaults

router = APIRouter(prefix="/sandbox/faults", tags=["faults"], responses=UNAUTHORISED)
FaultId = Annotated[int, Path(description="The fault's id.")]


class FaultRules(BaseModel):
    """Several rules."""

    model_config = ConfigDict(extra="forbid")

    rules: list[Rule] = Field(min_length=1, max_length=1000, description="The rules, in the order they are tried.")


class ActiveFault(Rule):
    """An active rule, with what it has done. Parameters without a value are left out."""

    id: int = Field(description="Its id, for removing it.", examples=[1])
    seen: int = Field(description="Requests that it matched.", examples=[12])
    hits: int = Field(description="Requests that it hit.", examples=[3])


class FaultList(BaseModel):
    """Active rules."""

    faults: list[ActiveFault] = Field(description="The rules, in the order they are tried.")


class RemovedFaults(BaseModel):
    """What was removed."""

    removed: int = Field(description="How many rules.", examples=[1])


@router.post("", status_code=status.HTTP_201_CREATED, response_model_exclude_none=True)
@public(GUARD)
async def add_faults(given: FaultRules | Rule, faults: ActiveFaults) -> FaultList:
    """Activate one rule or several."""
    rules = given.rules if isinstance(given, FaultRules) else [given]
    return FaultList(faults=[_shown(faults.add(rule)) for rule in rules])


@router.get("", response_model_exclude_none=True)
@public(GUARD)
async def list_faults(faults: ActiveFaults) -> FaultList:
    """The active rules, and how often each has hit."""
    return FaultList(faults=[_shown(each) for each in faults])


@router.delete("")
@public(GUARD)
async def remove_all_faults(faults: ActiveFaults) -> RemovedFaults:
    """Deactivate all rules."""
    return RemovedFaults(removed=faults.remove())


@router.delete("/{number}", responses=problems(404))
@public(GUARD)
async def remove_fault(number: FaultId, faults: ActiveFaults) -> RemovedFaults:
    """Deactivate one rule."""
    if not faults.remove(number):
        raise NotFound("there is no such fault")
    return RemovedFaults(removed=1)


def _shown(active: ActiveRule) -> ActiveFault:
    return ActiveFault(id=active.id, seen=active.seen, hits=active.hits, **dict(active.rule))
