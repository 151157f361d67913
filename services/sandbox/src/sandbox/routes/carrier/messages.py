"""Twilio's Messages resource: create, list, fetch, redact, delete.

These routes are not in our OpenAPI: Twilio describes them, and faults change their answers. Creating is the path that
load tests use most, so that the routes are plain Starlette without validation.
"""

import asyncio
from urllib.parse import parse_qsl

from chassis.http.auth import public
from fastapi import APIRouter
from sandbox.carrier.acceptance import TextAcceptance
from sandbox.carrier.messages import Messages
from sandbox.carrier.resources import API
from sandbox.carrier.status_callbacks import StatusCallbacks
from sandbox.carrier.text_requests import TextRequest
from sandbox.faults.active import Faults
from sandbox.routes.carrier.broken_responses import HTML_PAGE, response_of
from sandbox.routes.carrier.request_faults import RequestFaults
from sandbox.routes.dependencies import GUARD
from starlette.requests import Request
from starlette.responses import Response


class MessageRoutes:
    """Endpoints of one account."""

    def __init__(
        self,
        account: str,
        acceptance: TextAcceptance,
        messages: Messages,
        callbacks: StatusCallbacks,
        faults: Faults,
    ) -> None:
        self._acceptance, self._messages, self._callbacks, self._faults = acceptance, messages, callbacks, faults
        self._request_faults = RequestFaults(faults, acceptance)
        self.router = APIRouter()
        base = f"/{API}/Accounts/{account}/Messages"
        self.router.add_route(f"{base}.json", self.create, ["POST"], include_in_schema=False)
        self.router.add_route(f"{base}.json", self.list_page, ["GET"], include_in_schema=False)
        self.router.add_route(f"{base}/{{sid}}.json", self.one, ["GET", "POST", "DELETE"], include_in_schema=False)

    @public(GUARD)
    async def create(self, request: Request) -> Response:
        """Accept or refuse a text."""
        wanted = TextRequest.read(await _form(request))
        if error := wanted.error():
            return response_of(self._acceptance.refuse(error, wanted))
        instead = await self._request_faults.before(wanted)
        if instead is not None:
            return instead
        page = self._request_faults.html_page(wanted)
        if page and not page.accept:
            return HTML_PAGE
        answer, plan = await self._acceptance.accept(wanted)
        response = response_of(answer)
        if plan is None:
            return response
        if self._faults.trigger("receipt.before-answer", wanted.to, delivery=wanted.delivery_id):
            await self._callbacks.take_first_step(plan)
        self._callbacks.start(plan)
        return HTML_PAGE if page else self._request_faults.after(wanted, response)

    @public(GUARD)
    async def list_page(self, request: Request) -> Response:
        """A page of texts."""
        if slow := self._faults.trigger("list.delay"):
            await asyncio.sleep(1.0 if slow.delay is None else slow.delay)
        return response_of(self._messages.list_page(request.query_params))

    @public(GUARD)
    async def one(self, request: Request) -> Response:
        """Fetch, redact or delete one text."""
        sid = request.path_params["sid"]
        if request.method == "DELETE":
            return response_of(self._messages.delete(sid))
        if request.method == "POST":
            return response_of(self._messages.update(sid, await _form(request)))
        return response_of(self._messages.fetch(sid))


async def _form(request: Request) -> dict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(body, keep_blank_values=True))
