"""The plan of a campaign as one SELECT: for each member the channels, the consents relied on, or why none."""

from collections.abc import Mapping
from typing import Any

from contracts.enums import ENDS_THE_ASKING, Channel, SkipReason
from segmenter.domain.plan import Plan
from segmenter.domain.rules import bodies_named
from segmenter.models import consents, deliveries, members, memberships, participation
from segmenter.repository.selection import current, everyone, truths, words
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    Text,
    and_,
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

VALUE_OF = {
    "given_name": "given_name",
    "branch": "branch_name",
    "region": "region_name",
    "job": "job",
    "employer": "employer",
}
"""The column that holds each merge value."""
_WORDS: Any = ARRAY(Text)


def planned(plan: Plan) -> Select[Any]:
    """One row for each active member that the rule selects."""
    place, words_of = _place(plan), {channel: _consent(plan, channel) for channel in plan.order}
    reachable = {channel: _reachable(channel, words_of[channel]) for channel in plan.order}
    channels = _in_order(reachable)
    joined: FromClause = members.outerjoin(place, literal(True))
    for consent in words_of.values():
        joined = joined.outerjoin(consent, consent.c.member_id == members.c.member_id)
    reason = _skip_reason(plan, reachable)
    return (
        select(
            members.c.member_id,
            members.c.version.label("member_version"),
            members.c.language,
            members.c.given_name,
            *place.c,
            case((reason.is_(None), channels), else_=words(())).label("channels"),
            reason.label("skip_reason"),
            _relied_on(plan, words_of, reachable).label("consents"),
            _merge(plan, place).label("merge"),
            truths(plan.rule, plan.today),
        )
        .select_from(joined)
        .where(everyone(plan.rule, plan.today))
    )


def _place(plan: Plan) -> FromClause:
    """The membership a member is addressed by: one in the campaign's own body if there is one, else one the rule speaks
    of, else the oldest."""
    named = memberships.c.path.overlap(words(bodies_named(plan.rule)))
    own = [] if plan.body is None else [memberships.c.path.contains(words((plan.body,))).desc()]
    return (
        select(
            memberships.c.branch,
            memberships.c.branch_name,
            memberships.c.region,
            memberships.c.region_name,
            memberships.c.job,
            memberships.c.employer,
        )
        .where(memberships.c.member_id == members.c.member_id, current(plan.today))
        .order_by(*own, named.desc(), memberships.c.valid_from, memberships.c.body)
        .limit(1)
        .lateral("place")
    )


def _consent(plan: Plan, channel: str) -> Subquery:
    given = (consents.c.channel == channel, consents.c.purpose == plan.purpose, consents.c.granted)
    return (
        select(consents.c.member_id, consents.c.consent_id, consents.c.at).where(*given).subquery(f"{channel}_consent")
    )


def _reachable(channel: str, consent: Subquery) -> ColumnElement[bool]:
    return and_(members.c[f"has_{channel}"], consent.c.consent_id.is_not(None))


def _in_order(reachable: Mapping[Channel, ColumnElement[bool]]) -> ColumnElement[Any]:
    """The preferred channel first if it is one of these, then the campaign's order."""
    liked = [case((and_(ok, members.c.preferred == channel), channel)) for channel, ok in reachable.items()]
    others = [case((and_(ok, members.c.preferred != channel), channel)) for channel, ok in reachable.items()]
    return cast(func.array_remove(cast(array([*liked, *others]), _WORDS), cast(null(), Text)), _WORDS)


def _skip_reason(plan: Plan, reachable: Mapping[Channel, ColumnElement[bool]]) -> ColumnElement[str | None]:
    contact = or_(*(members.c[f"has_{channel}"] for channel in reachable))
    unreachable = case((contact, SkipReason.NO_CONSENT.value), else_=SkipReason.NO_CONTACT.value)
    return case(
        (_took_part(plan), SkipReason.ALREADY_TOOK_PART.value),
        (_tired(plan), SkipReason.FATIGUE.value),
        (~or_(*reachable.values()), unreachable),
        else_=cast(null(), Text),
    )


def _took_part(plan: Plan) -> ColumnElement[bool]:
    if plan.poll_id is None:
        return false()
    return exists().where(
        participation.c.member_id == members.c.member_id,
        participation.c.ballot_id == plan.poll_id,
        participation.c.effect.in_([effect.value for effect in ENDS_THE_ASKING]),
    )


def _tired(plan: Plan) -> ColumnElement[bool]:
    if plan.fatigue is None:
        return false()
    asked = deliveries.c
    counted = (asked.at > plan.fatigue.since, ~asked.test, asked.status.not_in(("skipped", "rejected")))
    number = select(func.count()).where(asked.member_id == members.c.member_id, *counted).scalar_subquery()
    return number >= plan.fatigue.most


def _relied_on(
    plan: Plan, words_of: Mapping[Channel, Subquery], reachable: Mapping[Channel, ColumnElement[bool]]
) -> ColumnElement[Any]:
    each = [
        case(
            (
                reachable[channel],
                func.jsonb_build_object(
                    *_texts("channel", channel, "purpose", plan.purpose, "consent_id"),
                    consent.c.consent_id,
                    *_texts("at"),
                    consent.c.at,
                ),
            )
        )
        for channel, consent in words_of.items()
    ]
    return func.to_jsonb(func.array_remove(cast(array(each), ARRAY(JSONB)), cast(null(), JSONB)))


def _merge(plan: Plan, place: FromClause) -> ColumnElement[Any]:
    pairs = [item for name in plan.merge for item in (*_texts(name), place.c[VALUE_OF[name]])]
    return func.jsonb_strip_nulls(func.jsonb_build_object(*pairs))


def _texts(*values: str) -> list[ColumnElement[str]]:
    return [cast(literal(str(value)), Text) for value in values]
