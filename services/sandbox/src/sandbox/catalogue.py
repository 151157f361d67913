"""The Messages resource as a reader sees it: one, a list in pages, redacted, deleted."""

import random
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from urllib.parse import urlencode

from sandbox.faults import Faults
from sandbox.journal import Journal, stamp
from sandbox.texts import Text, Texts
from sandbox.wire import API, Answer, page, refusal, resource

_DAYS = ("DateSent", "DateSent<", "DateSent>")


class Catalogue:
    """Shows what the carrier holds."""

    def __init__(self, account: str, texts: Texts, journal: Journal, faults: Faults) -> None:
        self._account, self._texts, self._journal, self._faults = account, texts, journal, faults
        self._path = f"/{API}/Accounts/{account}/Messages.json"

    def show(self, sid: str) -> Answer:
        """One message."""
        if fault := self._faults.strike("fetch.fail"):
            return refusal(20503, status=fault.status or 503)
        text = self._texts.find(sid)
        if text is None or text.created > self._visible_until():
            return refusal(20404)
        return Answer(200, resource(text, self._account))

    def change(self, sid: str, form: Mapping[str, str]) -> Answer:
        """Redact a body (`Body=`), the one change that Twilio knows for a text that has gone."""
        text = self._texts.find(sid)
        if text is None:
            return refusal(20404)
        if form.get("Body"):
            return refusal(20001)
        if "Body" in form:
            text.redacted = True
            self._journal.deletions.append({"reference": sid, "what": "redacted", "at": stamp(time.time())})
        return Answer(200, resource(text, self._account))

    def delete(self, sid: str) -> Answer:
        """Show it no more; the journal keeps it, since that is the judge's and not the carrier's."""
        text = self._texts.find(sid)
        if text is None:
            return refusal(20404)
        self._texts.remove(text)
        self._journal.deletions.append({"reference": sid, "what": "deleted", "at": stamp(time.time())})
        return Answer(204, None)

    def listed(self, query: Mapping[str, str]) -> Answer:
        """Newest first, filtered by To, From and DateSent, paged by Page, PageSize and PageToken."""
        if fault := self._faults.strike("list.fail"):
            return refusal(20503, status=fault.status or 503)
        try:
            size, number = _bounded(query, "PageSize", 50, 1, 1000), _bounded(query, "Page", 0, 0, 10**9)
            before = int(query["PageToken"].removeprefix("PA"), 16) if query.get("PageToken") else None
            days = {name: _day(query[name]) for name in _DAYS if query.get(name)}
        except ValueError:
            return refusal(20001)
        found = list(islice(self._matching(query, before, days), size + 1))
        following = None
        if len(found) > size:
            found = found[:size]
            kept = {name: value for name, value in query.items() if not name.startswith("Page")}
            token = f"PA{found[-1].number:032x}"
            following = urlencode(kept | {"PageSize": size, "Page": number + 1, "PageToken": token})
        if self._faults.strike("list.shuffle"):
            random.shuffle(found)
        messages = [resource(text, self._account) for text in found]
        return Answer(200, page(messages, path=self._path, number=number, size=size, following=following))

    def _matching(self, query: Mapping[str, str], before: int | None, days: Mapping[str, date]) -> Iterator[Text]:
        newest, sender = self._visible_until(), query.get("From")
        for text in self._texts.newest_first(to=query.get("To") or None, before=before):
            if text.created <= newest and (not sender or text.sender == sender) and _sent_on(text, days):
                yield text

    def _visible_until(self) -> float:
        lag = self._faults.strike("list.lag")
        return time.time() - (30.0 if lag.delay is None else lag.delay) if lag else float("inf")


def _bounded(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    value = int(query.get(name) or default)
    if not low <= value <= high:
        raise ValueError(name)
    return value


def _day(text: str) -> date:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).date()


def _sent_on(text: Text, days: Mapping[str, date]) -> bool:
    """Whether it was sent on these days (UTC, both ends included). What has no sent date matches none."""
    if not days:
        return True
    if text.sent is None:
        return False
    day = datetime.fromtimestamp(text.sent, UTC).date()
    exact, until, since = days.get("DateSent"), days.get("DateSent<"), days.get("DateSent>")
    return (exact is None or day == exact) and (until is None or day <= until) and (since is None or day >= since)
