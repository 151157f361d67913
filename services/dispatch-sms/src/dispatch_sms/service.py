"""What dispatch-sms does on a webhook."""

from chassis.errors import Forbidden, Refused
from chassis.observability.metrics import Metrics
from dispatch.inbound.inbound import Inbound, InboundText
from dispatch.provider import Seen
from dispatch.settlement.receipts import Receipts
from dispatch_sms.domain.callbacks import INBOUND_PATH, STATUS_PATH, CallbackMarks, attempt_in
from dispatch_sms.domain.codes import meaning
from dispatch_sms.domain.keyword_answers import answer, taken_as
from dispatch_sms.domain.numbers import sender_number
from dispatch_sms.domain.statuses import ledger_status
from dispatch_sms.provider import Form, Signatures, message, nothing, text_from, word_from
from dispatch_sms.settings import Settings


class Webhooks:
    """Twilio's status callbacks and inbound texts. Every verb has committed when it returns."""

    def __init__(self, settings: Settings, receipts: Receipts, inbound: Inbound, metrics: Metrics) -> None:
        self._settings, self._receipts, self._inbound = settings, receipts, inbound
        self._signatures = Signatures(settings.twilio_auth_token.get_secret_value(), settings.public_url)
        self._callbacks = CallbackMarks(settings.link_secret.get_secret_value())
        self._passed_over = metrics.counter("webhooks_passed_over", "Signed by Twilio, but not for us", ("webhook",))

    async def take_status(self, query: str, body: bytes, signature: str) -> None:
        """Raises Forbidden for what is not Twilio's or not about an attempt of ours, Unavailable to be called again."""
        form = self._genuine(STATUS_PATH, query, body, signature)
        about = attempt_in(query)
        if about is None:
            self._passed_over.labels("status").inc()
            return
        if not self._callbacks.valid(about.delivery_id, about.gen, about.mark):
            raise Forbidden("the callback's mark is not ours")
        await self._receipts.take(about.delivery_id, about.gen, _seen(form))

    async def take_text(self, query: str, body: bytes, signature: str) -> str:
        """The TwiML to answer with. A repeated text is answered again: Twilio repeats when it lost the answer. Raises
        Refused for a sender to which nothing can be texted."""
        form = self._genuine(INBOUND_PATH, query, body, signature)
        reference, sender, ours, text, media = text_from(form)
        if not reference or not sender:
            self._passed_over.labels("inbound").inc()
            return nothing()
        taken_for = taken_as(form.first("OptOutType"))
        number = sender_number(sender)
        if number is None:  # a STOP from there would be confirmed, and be without effect
            self._passed_over.labels("inbound").inc()
            raise Refused("the sender is no telephone number", field="From")
        words, ours = text.replace("\x00", ""), sender_number(ours) or ours
        heard = await self._inbound.hear(InboundText(number, ours, words, reference, media, intent=taken_for))
        if taken_for is not None:
            return nothing()  # Twilio's Advanced Opt-Out has answered the member itself
        union, contact = self._settings.union_name, self._settings.help_contact
        words = answer(heard.intent, heard.language, union=union, contact=contact)
        return message(words) if words else nothing()

    def _genuine(self, path: str, query: str, body: bytes, signature: str) -> Form:
        try:
            form = Form.parse(body)
        except ValueError:
            raise Forbidden("the body is not a form") from None
        if not self._signatures.valid(f"{path}?{query}" if query else path, form, signature):
            raise Forbidden("the signature does not fit")
        return form


def _seen(form: Form) -> Seen:
    status, code, reference = ledger_status(word_from(form)), form.first("ErrorCode"), form.first("MessageSid")
    if status != "undelivered":
        return Seen(reference, status)
    means = meaning(code)
    return Seen(reference, status, code, means.reason, means.address_bad, means.opted_out)
