"""Faults around the request for a text: what a hostile or a sick carrier does with it."""

import asyncio
import socket
import struct
from functools import partial

import orjson
from sandbox.carrier import Carrier, Order
from sandbox.faults import Faults, Rule
from sandbox.wire import Answer, refusal
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

TRANSPORT = "sandbox.transport"
"""Key in the scope under which `door.Door` puts the connection."""
_HTML = "<!doctype html><title>Gateway</title><h1>It works!</h1>"


def response_of(answer: Answer) -> Response:
    """An answer as HTTP."""
    body = b"" if answer.body is None else orjson.dumps(answer.body)
    return Response(body, answer.status, answer.headers, "application/json")


class Reset(Response):
    """No answer: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport = scope[TRANSPORT]
        connection = transport.get_extra_info("socket")
        if not transport.is_closing():  # who called may have hung up by now
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await _gone(receive)


class Cut(Response):
    """Headers promise the whole body; half of it comes, and then the connection closes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        transport: asyncio.Transport = scope[TRANSPORT]
        transport.close()
        await _gone(receive)


class Dribble(Response):
    """The body comes by the byte."""

    seconds = 5.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for index in range(len(body)):
            await asyncio.sleep(self.seconds / len(body))
            await send({"type": "http.response.body", "body": body[index : index + 1], "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class Mischief:
    """Strikes before or after a text is accepted."""

    def __init__(self, faults: Faults, carrier: Carrier) -> None:
        self._faults, self._carrier = faults, carrier

    async def before(self, order: Order) -> Response | None:
        """An answer in place of accepting; or a wait, and None."""
        strike = partial(self._faults.strike, delivery=order.delivery_id)
        if rule := strike("sms.429", order.to):
            return response_of(self._carrier.throttle(order, rule.retry_after))
        if rule := strike("sms.5xx-before", order.to):
            return response_of(refusal(20503, status=rule.status or 503))
        if strike("sms.reset-before", order.to):
            return Reset()
        for kind in ("sms.delay", "sms.late-accept"):
            if rule := strike(kind, order.to):
                await asyncio.sleep(_or(rule.delay, 1.0 if kind == "sms.delay" else 5.0))
        return None

    def page(self, order: Order) -> Rule | None:
        """The rule for an HTML page in place of an answer; its `accept` says whether the text is taken."""
        return self._faults.strike("sms.html", order.to, delivery=order.delivery_id)

    def after(self, order: Order, answer: Response) -> Response:
        """What comes back for a text that was accepted."""
        to, strike = order.to, partial(self._faults.strike, delivery=order.delivery_id)
        if rule := strike("sms.5xx-after", to):
            return response_of(refusal(20500, status=rule.status or 500))
        if strike("sms.reset-after", to):
            return Reset()
        body = bytes(answer.body)
        if strike("sms.truncated", to):
            return Response(body[: len(body) // 2], answer.status_code, media_type="application/json")
        if strike("sms.cut", to):
            return Cut(body, answer.status_code, media_type="application/json")
        if strike("sms.wrong-json", to):
            return Response(b'{"result":"ok"}', answer.status_code, media_type="application/json")
        if rule := strike("sms.slow", to):
            slow = Dribble(body, answer.status_code, media_type="application/json")
            slow.seconds = _or(rule.delay, 5.0)
            return slow
        return answer


PAGE = HTMLResponse(_HTML)


async def _gone(receive: Receive) -> None:
    """Wait for the connection's end, so that the server sends nothing more."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
