"""Members: create, read, change, record consent, erase."""

from typing import Annotated
from uuid import UUID

from chassis.http.auth import Caller, NeedsUnionWide, needs
from chassis.http.etags import IfMatch, OptionalIfMatch, etag
from chassis.http.problems import given, problems, response_headers
from fastapi import APIRouter, Depends, Path, Query, Response
from members.domain.field_types import ShortText
from members.domain.members.filter import MemberFilter
from members.domain.members.member import Member as DomainMember
from members.routes.schemas.members import (
    Member,
    MemberPage,
    MemberPatch,
    MemberPurge,
    NewConsent,
    NewMember,
    PurgedMembers,
)
from members.service.members import Members

router = APIRouter(prefix="/members", tags=["members"])
Service = Annotated[Members, Depends(given(Members))]
Reader = Annotated[Caller, Depends(needs("members:read"))]
Writer = Annotated[Caller, Depends(needs("members:write"))]
Eraser = Annotated[Caller, Depends(needs("members:erase"))]
Purger = Annotated[Caller, Depends(NeedsUnionWide("members:erase"))]
ONE = problems(404) | response_headers(200, "ETag")
MemberId = Annotated[UUID, Path(description="Id of the member", examples=["5f8f2f52-7a86-4a26-9a4c-6a6f5b0c8f5d"])]
Reason = Annotated[
    ShortText, Query(description="Why; published with the erasure, so no personal data", examples=["request"])
]


@router.post("", status_code=201, responses=problems(409) | response_headers(201, "ETag", "Location"))
async def create_member(members: Service, caller: Writer, new: NewMember, response: Response) -> Member:
    """Create a member under a random id."""
    consents = [consent.as_evidence(granted=consent.granted) for consent in new.consents]
    member = await members.create(new.membership_number, new, consents, caller)
    response.headers["Location"] = f"/members/{member.member_id}"
    return _shown(member, response)


@router.get("")
async def list_members(members: Service, caller: Reader, wanted: Annotated[MemberFilter, Query()]) -> MemberPage:
    """A page of members in order of id. A token of one branch sees the branch's present members."""
    found = await members.find(wanted, caller)
    return MemberPage(
        members=[Member.model_validate(member) for member in found],
        next=found[-1].member_id if len(found) == wanted.limit else None,
    )


@router.get("/{member_id}", responses=ONE)
async def get_member(members: Service, caller: Reader, member_id: MemberId, response: Response) -> Member:
    """One member."""
    return _shown(await members.get(member_id, caller), response)


@router.patch("/{member_id}", responses=ONE)
async def update_member(
    members: Service, caller: Writer, member_id: MemberId, patch: MemberPatch, if_match: IfMatch, response: Response
) -> Member:
    """Change the fields that are given. `status` left or deceased stops every message, also those that are queued."""
    status = patch.status if "status" in patch.model_fields_set else None
    return _shown(await members.patch(member_id, patch, status, if_match, caller), response)


@router.post("/{member_id}/consents", responses=ONE)
async def add_consent(
    members: Service, caller: Writer, member_id: MemberId, new: NewConsent, response: Response
) -> Member:
    """Add evidence of a consent given or withdrawn. No If-Match: the latest evidence counts, however it arrives."""
    return _shown(await members.add_consent(member_id, new.as_evidence(granted=new.granted), caller), response)


@router.delete("/{member_id}", status_code=204, responses=problems(404))
async def erase_member(
    members: Service, caller: Eraser, member_id: MemberId, if_match: OptionalIfMatch, reason: Reason = "erasure"
) -> None:
    """Delete everything about a member for good, in every service. Repeating it publishes the erasure again."""
    await members.erase(member_id, reason, if_match, caller)


@router.post("/purges")
async def purge_members(members: Service, caller: Purger, purge: MemberPurge) -> PurgedMembers:
    """Delete everything about many members for good, in every service: people who lapsed long ago, say. Repeating it
    changes nothing."""
    unknown = await members.purge(purge.member_ids, purge.reason)
    return PurgedMembers(erased=len(purge.member_ids) - len(unknown), unknown=tuple(unknown))


def _shown(member: DomainMember, response: Response) -> Member:
    response.headers["ETag"] = etag(member.version)
    return Member.model_validate(member)
