"""Faults that are injected before or after a text is accepted."""

import asyncio
from functools import partial

from sandbox.carrier.acceptance import TextAcceptance
from sandbox.carrier.errors import refusal
from sandbox.carrier.text_requests import TextRequest
from sandbox.faults.active import Faults
from sandbox.faults.rules import Rule
from sandbox.routes.carrier.broken_responses import Cut, Reset, Slow, response_of
from starlette.responses import Response


class RequestFaults:
    """Faults of the request that creates a text."""

    def __init__(self, faults: Faults, acceptance: TextAcceptance) -> None:
        self._faults, self._acceptance = faults, acceptance

    async def before(self, request: TextRequest) -> Response | None:
        """An answer in place of accepting; or None, perhaps after a delay."""
        trigger = partial(self._faults.trigger, delivery=request.delivery_id)
        if rule := trigger("sms.429", request.to):
            return response_of(self._acceptance.throttle(request, rule.retry_after))
        if rule := trigger("sms.5xx-before", request.to):
            return response_of(refusal(20503, status=rule.status or 503))
        if trigger("sms.reset-before", request.to):
            return Reset()
        if rule := trigger("sms.delay", request.to):
            await asyncio.sleep(_or(rule.delay, 1.0))
        if rule := trigger("sms.late-accept", request.to):
            await asyncio.sleep(_or(rule.delay, 5.0))
        return None

    def html_page(self, request: TextRequest) -> Rule | None:
        """The rule for an HTML page in place of an answer; its `accept` says whether the text is accepted."""
        return self._faults.trigger("sms.html", request.to, delivery=request.delivery_id)

    def after(self, request: TextRequest, answer: Response) -> Response:
        """The answer to a text that was accepted."""
        to, trigger = request.to, partial(self._faults.trigger, delivery=request.delivery_id)
        if rule := trigger("sms.5xx-after", to):
            return response_of(refusal(20500, status=rule.status or 500))
        if trigger("sms.reset-after", to):
            return Reset()
        body = bytes(answer.body)
        if trigger("sms.truncated", to):
            return Response(body[: len(body) // 2], answer.status_code, media_type="application/json")
        if trigger("sms.cut", to):
            return Cut(body, answer.status_code, media_type="application/json")
        if trigger("sms.wrong-json", to):
            return Response(b'{"result":"ok"}', answer.status_code, media_type="application/json")
        if rule := trigger("sms.slow", to):
            slow = Slow(body, answer.status_code, media_type="application/json")
            slow.seconds = _or(rule.delay, 5.0)
            return slow
        return answer


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
