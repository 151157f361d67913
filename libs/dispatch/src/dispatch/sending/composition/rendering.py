"""Turns a campaign's content into the text for one member."""

from collections.abc import Mapping, Sequence

from content import templates
from contracts.enums import SkipReason
from contracts.events.campaigns import CampaignEvent, Content, Sender
from dispatch.projection.contact import Contact
from dispatch.provider import Written


class NotRenderable(ValueError):
    """There is no content for this member, or a merge field has neither value nor fallback."""

    reason = SkipReason.NOT_RENDERABLE


class TooLong(NotRenderable):
    """With this member's own name the text takes more parts than anybody approved."""

    reason = SkipReason.TOO_LONG


def write(
    channel: str, campaign: CampaignEvent, contact: Contact, bodies: Sequence[str], values: Mapping[str, str]
) -> Written:
    """`bodies` may lend their name, the nearest first; `values` are the request's merge values and the links. Raises
    NotRenderable."""
    content, sender = _content(channel, campaign, contact.language), _sender(channel, campaign, bodies)
    merged = {**values, "given_name": contact.given_name, "family_name": contact.family_name}
    try:
        return Written(
            text=_render(content.text, merged, campaign.fallbacks),
            subject=_render(content.subject, merged, campaign.fallbacks),
            html=_render(content.html, merged, campaign.fallbacks, html=True),
            language=content.language,
            sender=sender.address,
            display_name=sender.display_name,
        )
    except (templates.MissingValue, templates.TemplateRefused) as error:
        raise NotRenderable(str(error)) from error


def _render(text: str, values: Mapping[str, str], fallbacks: Mapping[str, str], *, html: bool = False) -> str:
    return templates.compile(text, html=html).render(values, fallbacks) if text else ""


def _content(channel: str, campaign: CampaignEvent, language: str) -> Content:
    """The member's language, else the campaign's, else whatever the channel has."""
    ours = [content for content in campaign.content if content.channel == channel]
    if not ours:
        raise NotRenderable(f"no content for {channel}")
    by_language = {content.language: content for content in reversed(ours)}
    return by_language.get(language) or by_language.get(campaign.default_language) or ours[0]


_NOBODY = Sender(channel="", address="")


def _sender(channel: str, campaign: CampaignEvent, bodies: Sequence[str]) -> Sender:
    """The nearest body's own, else the union's, else the provider's default."""
    ours = {sender.body: sender for sender in campaign.senders if sender.channel == channel}
    return next((ours[body] for body in (*bodies, None) if body in ours), _NOBODY)
