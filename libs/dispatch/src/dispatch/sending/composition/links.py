"""The links in the text of one delivery."""

from datetime import timedelta
from uuid import UUID

from chassis.signed_links import LATEST
from contracts.enums import Channel, LinkPurpose
from dispatch.sending.gate.gate import Pass
from dispatch.settings import DispatchSettings

_UNSUBSCRIBE_FOR = timedelta(days=400)


class DeliveryLinks:
    """Makes what `{{ poll_link }}` and `{{ unsubscribe_link }}` stand for."""

    def __init__(self, settings: DispatchSettings) -> None:
        self._settings, self._links = settings, settings.links

    def values(self, delivery_id: UUID, passed: Pass) -> dict[str, str]:
        """Merge values; a link that a campaign or a channel has no use for is absent."""
        values = {}
        campaign, settings = passed.campaign, self._settings
        if campaign.poll_id is not None and settings.ballot_url:
            ids = (campaign.poll_id, passed.contact.member_id)
            purpose = LinkPurpose.TEST_ANSWER if campaign.test_of else LinkPurpose.ANSWER
            token = self._links.sign(purpose, *ids, expires_at=passed.answers_until)
            values["poll_link"] = f"{settings.ballot_url.rstrip('/')}/answer/{token}"
        if settings.channel == Channel.EMAIL:
            until = min(passed.expires_at, LATEST - _UNSUBSCRIBE_FOR) + _UNSUBSCRIBE_FOR
            token = self._links.sign("unsubscribe", delivery_id, expires_at=until)
            values["unsubscribe_link"] = f"{settings.public_url.rstrip('/')}/unsubscribe/{token}"
        return values
