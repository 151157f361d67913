"""The carrier's front desk: reads a request for a text, refuses it or takes it."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import smsutil
from sandbox.controls import Controls, Counts
from sandbox.fates import Fate, fate_named, fate_of_number
from sandbox.faults import Faults
from sandbox.journal import Journal, stamp
from sandbox.limits import Limit, retry_after
from sandbox.receipts import Course, Receipts
from sandbox.texts import Text, Texts, new_sid, tracking_of
from sandbox.wire import Answer, refusal, resource

_SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}")
_SERVICE = re.compile(r"MG[0-9a-f]{32}")
_LONGEST = 1600


@dataclass(frozen=True, slots=True)
class Order:
    """A well-formed request to send one text."""

    to: str
    sender: str | None
    service: str | None
    body: str
    callback: str | None
    validity: float | None
    parts: int
    delivery_id: str | None
    gen: int | None


class Carrier:
    """Takes texts."""

    def __init__(
        self,
        account: str,
        sender: str,
        texts: Texts,
        journal: Journal,
        receipts: Receipts,
        faults: Faults,
        controls: Controls,
        counts: Counts,
    ) -> None:
        self._account, self._default_sender = account, sender
        self._texts, self._journal, self._receipts = texts, journal, receipts
        self._faults, self._controls, self._counts, self._limit = faults, controls, counts, Limit()

    def read(self, form: Mapping[str, str]) -> Order | Answer:
        """Check a request's parameters as Twilio does."""
        to, body = form.get("To", "").strip(), form.get("Body", "")
        sender, service = form.get("From") or None, form.get("MessagingServiceSid") or None
        callback, validity = form.get("StatusCallback") or None, form.get("ValidityPeriod") or None
        delivery_id, gen = tracking_of(callback)
        if fault := _fault(to, body, sender, service, callback, validity):
            return self.refuse(fault, to, delivery_id, gen)
        parts = max(1, len(smsutil.split(body).parts))
        seconds = float(validity) if validity else None
        return Order(to, sender, service, body, callback, seconds, parts, delivery_id, gen)

    async def take(self, order: Order) -> tuple[Answer, Course | None]:
        """Accept a text and answer, or refuse it. The journal has it before this returns; `begin` the course then."""
        fate = self._fate(order)
        if fate.refused:
            return self.refuse(fate.refused, order.to, order.delivery_id, order.gen), None
        now = time.monotonic()
        sender = order.sender or order.service or ""
        wait = self._limit.refused_for(sender, order.parts, self._controls.parts_per_second, now)
        if wait:
            return self.throttle(order, retry_after(wait)), None
        text = self._texts.add(self._write(order))
        await self._journal.safe()
        answer = Answer(201, resource(text, self._account, body=order.body))
        return answer, self._receipts.course(text, order.callback, fate, validity=order.validity)

    def throttle(self, order: Order, seconds: int) -> Answer:
        """429: certainly not processed."""
        refused = self.refuse(20429, order.to, order.delivery_id, order.gen)
        return Answer(refused.status, refused.body, {"Retry-After": str(seconds)})

    def refuse(self, code: int, to: str, delivery_id: str | None, gen: int | None) -> Answer:
        """An error body; noted in the journal, not waited for."""
        self._counts.refused["sms", code] += 1
        tracked = {"channel": "sms", "delivery_id": delivery_id, "gen": gen, "to": to}
        self._journal.refused.append(tracked | {"code": code, "at": stamp(time.time())})
        return refusal(code)

    def _fate(self, order: Order) -> Fate:
        fault = self._faults.strike("sms.fate", order.to, delivery=order.delivery_id)
        return fate_named(fault.fate) if fault else fate_of_number(order.to, fixed=self._controls.fates)

    def _write(self, order: Order) -> Text:
        sid, moment = new_sid(), time.time()
        sender = order.sender or self._default_sender
        place = self._journal.sms.append(
            {
                "delivery_id": order.delivery_id,
                "gen": order.gen,
                "reference": sid,
                "to": order.to,
                "from": sender,
                "body": order.body,
                "at": stamp(moment),
                "parts": order.parts,
                "callback": order.callback,
                "service": order.service,
            }
        )
        return Text(
            sid=sid,
            to=order.to,
            sender=sender,
            service=order.service,
            direction="outbound-api",
            status="accepted" if order.service and not order.sender else "queued",
            parts=order.parts,
            created=moment,
            place=place,
            delivery_id=order.delivery_id,
            gen=order.gen,
            updated=moment,
        )


def _fault(
    to: str, body: str, sender: str | None, service: str | None, callback: str | None, validity: str | None
) -> int | None:
    """The code of the first thing wrong with the parameters."""
    checks = (
        (21604, not to),
        (21603, not sender and not service),
        (21602, not body),
        (21617, len(body) > _LONGEST),
        (21212, bool(sender and not _SENDER.fullmatch(sender)) or bool(service and not _SERVICE.fullmatch(service))),
        (21609, bool(callback) and not _is_web(callback or "")),
        (21620, validity is not None and not (validity.isdecimal() and 1 <= int(validity) <= 36000)),
    )
    return next((code for code, wrong in checks if wrong), None)


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
