"""An audience plan as one SELECT: for each member the channels, the consents relied on, or why none."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.enums import ENDS_THE_ASKING, Channel, SkipReason
from segmenter.domain.audience_plan import AudiencePlan
from segmenter.domain.campaigns.rendering import request_fields
from segmenter.domain.segments.rules import bodies_named
from segmenter.models import consents, members, memberships, participation
from segmenter.repository import fatigue
from segmenter.repository.rules import membership_by, results, selected, texts
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Subquery,
    Text,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, array

COLUMN_OF_FIELD = {
    "given_name": "given_name",
    "branch": "branch_name",
    "region": "region_name",
    "job": "job",
    "employer": "employer",
}
"""The column that holds the value of a merge field."""


def planned_members(plan: AudiencePlan) -> Subquery:
    """One row for each active member that the rule selects."""
    membership, order = _membership(plan), plan.definition.channels.order
    consent_of = {channel: _consent(plan, channel) for channel in order}
    reachable = {
        channel: members.c[f"has_{channel}"] & consent.c.consent_id.is_not(None)
        for channel, consent in consent_of.items()
    }
    channels = _in_order(reachable)
    joined: FromClause = members.outerjoin(membership, literal(True))
    for consent in consent_of.values():
        joined = joined.outerjoin(consent, consent.c.member_id == members.c.member_id)
    reason = _skip_reason(plan, reachable)
    return (
        select(
            members.c.member_id,
            members.c.version.label("member_version"),
            members.c.language,
            members.c.given_name,
            *membership.c,
            case((reason.is_(None), channels), else_=texts(())).label("channels"),
            reason.label("skip_reason"),
            _used_consents(consent_of, reachable).label("consents"),
            _merge_values(plan, membership).label("merge"),
            results(plan.rule, plan.today),
        )
        .select_from(joined)
        .where(selected(plan.rule, plan.today))
        .subquery()
    )


def _membership(plan: AudiencePlan) -> FromClause:
    """One in the campaign's own union body if there is one, else one that the rule names, else the oldest."""
    path, body = memberships.c.path, plan.definition.body
    own = [] if body is None else [path.contains(texts((body,))).desc()]
    return membership_by(plan.today, *own, path.overlap(texts(bodies_named(plan.rule))).desc())


def _consent(plan: AudiencePlan, channel: str) -> Subquery:
    """The members' consents to the campaign's purpose on a channel; `used` is what an audience keeps of one."""
    given = (consents.c.channel == channel, consents.c.purpose == plan.definition.purpose, consents.c.granted)
    used = _object({name: consents.c[name] for name in ("channel", "purpose", "consent_id", "at")})
    query = select(consents.c.member_id, consents.c.consent_id, used.label("used"))
    return query.where(*given).subquery(f"{channel}_consent")


def _in_order(reachable: Mapping[Channel, ColumnElement[bool]]) -> ColumnElement[Sequence[str]]:
    """The preferred channel first if it is one of these, then the campaign's order."""
    preferred = [case((ok & (members.c.preferred == channel), channel)) for channel, ok in reachable.items()]
    others = [case((ok & (members.c.preferred != channel), channel)) for channel, ok in reachable.items()]
    both = cast(array([*preferred, *others]), ARRAY(Text))
    return cast(func.array_remove(both, cast(null(), Text)), ARRAY(Text))


def _skip_reason(plan: AudiencePlan, reachable: Mapping[Channel, ColumnElement[bool]]) -> ColumnElement[str | None]:
    contact = or_(*(members.c[f"has_{channel}"] for channel in reachable))
    unreachable = case((contact, SkipReason.NO_CONSENT.value), else_=SkipReason.NO_CONTACT.value)
    return case(
        (_took_part(plan), SkipReason.ALREADY_TOOK_PART.value),
        (fatigue.reached(plan.fatigue, members.c.member_id) if plan.fatigue else false(), SkipReason.FATIGUE.value),
        (~or_(*reachable.values()), unreachable),
        else_=cast(null(), Text),
    )


def _took_part(plan: AudiencePlan) -> ColumnElement[bool]:
    if plan.definition.poll_id is None:
        return false()
    return exists().where(
        participation.c.member_id == members.c.member_id,
        participation.c.ballot_id == plan.definition.poll_id,
        participation.c.effect.in_([effect.value for effect in ENDS_THE_ASKING]),
    )


def _used_consents(
    consent_of: Mapping[Channel, Subquery], reachable: Mapping[Channel, ColumnElement[bool]]
) -> ColumnElement[list[dict[str, str]]]:
    each = [case((reachable[channel], consent.c.used)) for channel, consent in consent_of.items()]
    return func.to_jsonb(func.array_remove(cast(array(each), ARRAY(JSONB)), cast(null(), JSONB)))


def _merge_values(plan: AudiencePlan, membership: FromClause) -> ColumnElement[dict[str, str]]:
    columns = {name: membership.c[COLUMN_OF_FIELD[name]] for name in request_fields(plan.definition)}
    return func.jsonb_strip_nulls(_object(columns))


def _object(columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[dict[str, str]]:
    pairs = [item for name, value in columns.items() for item in (cast(literal(name), Text), value)]
    return func.jsonb_build_object(*pairs)
