"""Members: join, read, change, consent, erase."""

from typing import Annotated, Any
from uuid import UUID

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from contracts.enums import MemberStatus
from fastapi import APIRouter, Depends, Query, Response
from members.domain.consents import Evidence, current
from members.domain.members import Member
from members.domain.queries import Wanted
from members.domain.text import MembershipNumber, Slug, Wording
from members.domain.versions import etag
from members.domain.words import ConsentGiven, MemberPatch, NewMember
from members.routes.common import IfMatch
from members.service.members import Members

router = APIRouter(prefix="/members", tags=["members"])
Service = Annotated[Members, Depends(given(Members))]
Reader = Annotated[Caller, Depends(needs("members:read"))]
Writer = Annotated[Caller, Depends(needs("members:write"))]
Eraser = Annotated[Caller, Depends(needs("members:erase"))]


@router.post("", status_code=201)
async def create(members: Service, caller: Writer, words: NewMember, response: Response) -> dict[str, Any]:
    """Somebody new."""
    member = await members.create(words, caller)
    response.headers["Location"] = f"/members/{member.member_id}"
    return shown(member, response)


@router.get("")
async def some(
    members: Service,
    caller: Reader,
    branch: Slug | None = None,
    membership_number: MembershipNumber | None = None,
    status: MemberStatus | None = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """A page in order of id; `next` goes into `after` for the following page. `branch` is any body: present members of
    it and of those beneath it."""
    found = await members.some(Wanted(branch, membership_number, status, after, limit), caller)
    return {
        "members": [record(member) for member in found],
        "next": found[-1].member_id if len(found) == limit else None,
    }


@router.get("/{member_id}")
async def one(members: Service, caller: Reader, member_id: UUID, response: Response) -> dict[str, Any]:
    """One member."""
    return shown(await members.get(member_id, caller), response)


@router.patch("/{member_id}")
async def patch(
    members: Service, caller: Writer, member_id: UUID, words: MemberPatch, expected: IfMatch, response: Response
) -> dict[str, Any]:
    """Change what is given (If-Match). `status` left or deceased stops everything, also what is queued."""
    return shown(await members.patch(member_id, words, expected, caller), response)


@router.post("/{member_id}/consents")
async def consent(
    members: Service, caller: Writer, member_id: UUID, words: ConsentGiven, response: Response
) -> dict[str, Any]:
    """Add evidence of a consent given or withdrawn. No If-Match: the later evidence counts, whoever brings it first."""
    return shown(await members.consent(member_id, words, caller), response)


@router.delete("/{member_id}", status_code=204)
async def erase(
    members: Service, caller: Eraser, member_id: UUID, expected: IfMatch, reason: Wording = "erasure"
) -> None:
    """Delete everything of a member for good, here and everywhere. Repeating it tells it everywhere again."""
    await members.erase(member_id, reason, expected, caller)


def shown(member: Member, response: Response) -> dict[str, Any]:
    """A member as the API shows it, with its ETag."""
    response.headers["ETag"] = etag(member.version)
    return record(member)


def record(member: Member) -> dict[str, Any]:
    """A member as the API shows it."""
    return {
        "member_id": member.member_id,
        "version": member.version,
        "membership_number": member.membership_number,
        "status": member.status,
        "left_on": member.left_on,
        "given_name": member.given_name,
        "family_name": member.family_name,
        "language": member.language,
        "time_zone": member.time_zone,
        "birthday": member.birthday,
        "contact_points": member.contacts,
        "memberships": member.places,
        "interests": member.interests,
        "sensitive_interests": member.sensitive,
        "consents": [_consent(purpose, word) for (_, purpose), word in current(member.evidence).items()],
    }


def _consent(purpose: str, word: Evidence) -> dict[str, Any]:
    return {
        "consent_id": word.consent_id,
        "channel": word.channel,
        "purpose": purpose,
        "granted": word.granted,
        "source": word.source,
        "wording_version": word.wording_version,
        "at": word.at,
    }
