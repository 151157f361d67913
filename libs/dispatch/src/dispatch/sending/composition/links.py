"""The links in the text of one delivery."""

from datetime import timedelta
from uuid import UUID

from chassis.signed_links import LATEST
from contracts.enums import Channel, LinkPurpose
from dispatch.sending.gate.gate import Pass
from dispatch.settings import DispatchSettings

_UNSUBSCRIBE_FOR = timedelta(days=400)


def delivery_links(settings: DispatchSettings, delivery_id: UUID, passed: Pass) -> dict[str, str]:
    """Merge values for `{{ poll_link }}` and `{{ unsubscribe_link }}`; a link that the campaign or the channel does not
    use is absent."""
    values, campaign = {}, passed.campaign
    if campaign.poll_id is not None and settings.ballot_url:
        purpose = LinkPurpose.TEST_ANSWER if campaign.test_of else LinkPurpose.ANSWER
        ids = (campaign.poll_id, passed.contact.member_id)
        token = settings.links.sign(purpose, *ids, expires_at=passed.answers_until)
        values["poll_link"] = f"{settings.ballot_url.rstrip('/')}/answer/{token}"
    if settings.channel == Channel.EMAIL:
        until = min(passed.expires_at, LATEST - _UNSUBSCRIBE_FOR) + _UNSUBSCRIBE_FOR
        token = settings.links.sign("unsubscribe", delivery_id, expires_at=until)
        values["unsubscribe_link"] = f"{settings.public_url.rstrip('/')}/unsubscribe/{token}"
    return values
