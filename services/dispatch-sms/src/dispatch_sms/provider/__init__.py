"""Everything that names Twilio: the way out, the signatures of its webhooks, its markup."""

from dispatch_sms.provider.markup import message, nothing
from dispatch_sms.provider.sms import TwilioProvider
from dispatch_sms.provider.webhooks import Form, Signatures, text_from, word_from

__all__ = ["Form", "Signatures", "TwilioProvider", "message", "nothing", "text_from", "word_from"]
