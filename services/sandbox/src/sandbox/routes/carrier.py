"""Twilio's Messages resource. The POST is a hot path: plain Starlette, no validation layer."""

import asyncio
from urllib.parse import parse_qsl

from chassis.http.auth import public
from fastapi import APIRouter
from sandbox.carrier import Carrier, Order
from sandbox.catalogue import Catalogue
from sandbox.faults import Faults
from sandbox.mischief import PAGE, Mischief, response_of
from sandbox.receipts import Receipts
from sandbox.wire import API
from starlette.requests import Request
from starlette.responses import Response

_GUARD = "Basic auth with the account's sid and token, as Twilio has it (door.Door)"


class CarrierRoutes:
    """Endpoints of one account."""

    def __init__(
        self, account: str, carrier: Carrier, catalogue: Catalogue, receipts: Receipts, faults: Faults
    ) -> None:
        self._carrier, self._catalogue, self._receipts, self._faults = carrier, catalogue, receipts, faults
        self._mischief = Mischief(faults, carrier)
        self.router = APIRouter()
        base = f"/{API}/Accounts/{account}/Messages"
        self.router.add_route(f"{base}.json", self.create, ["POST"], include_in_schema=False)
        self.router.add_route(f"{base}.json", self.listed, ["GET"], include_in_schema=False)
        self.router.add_route(f"{base}/{{sid}}.json", self.one, ["GET", "POST", "DELETE"], include_in_schema=False)

    @public(_GUARD)
    async def create(self, request: Request) -> Response:
        """Accept a text, or not."""
        order = self._carrier.read(await _form(request))
        if not isinstance(order, Order):
            return response_of(order)
        spoiled = await self._mischief.before(order)
        if spoiled is not None:
            return spoiled
        page = self._mischief.page(order)
        if page and not page.accept:
            return PAGE
        answer, course = await self._carrier.take(order)
        response = response_of(answer)
        if course is None:
            return response
        if self._faults.strike("receipt.before-answer", order.to, delivery=order.delivery_id):
            await self._receipts.early(course)
        self._receipts.begin(course)
        return PAGE if page else self._mischief.after(order, response)

    @public(_GUARD)
    async def listed(self, request: Request) -> Response:
        """A page of texts."""
        if slow := self._faults.strike("list.delay"):
            await asyncio.sleep(1.0 if slow.delay is None else slow.delay)
        return response_of(self._catalogue.listed(request.query_params))

    @public(_GUARD)
    async def one(self, request: Request) -> Response:
        """Fetch, redact or delete one text."""
        sid = request.path_params["sid"]
        if request.method == "DELETE":
            return response_of(self._catalogue.delete(sid))
        if request.method == "POST":
            return response_of(self._catalogue.change(sid, await _form(request)))
        return response_of(self._catalogue.show(sid))


async def _form(request: Request) -> dict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(body, keep_blank_values=True))
