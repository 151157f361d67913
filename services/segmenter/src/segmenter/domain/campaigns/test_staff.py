"""The staff that campaigns may be sent to as a test."""

from segmenter.domain.fields import Actor, MemberId, ResponseModel, Time


class StaffMember(ResponseModel):
    """A member who may be sent a test."""

    member_id: MemberId
    named_by: Actor
    named_at: Time
