"""The Messages resource for readers: fetch, list in pages, redact, delete."""

import random
import time
from collections.abc import Iterator, Mapping
from itertools import islice

from sandbox.carrier.errors import TwilioAnswer, refusal
from sandbox.carrier.page_requests import PageRequest
from sandbox.carrier.resources import API, MessagePage, message
from sandbox.carrier.text import Text
from sandbox.carrier.text_store import TextStore
from sandbox.faults.active import Faults
from sandbox.journal.journal import Journal, timestamp
from sandbox.journal.lines import Deletion


class Messages:
    """Answers about texts that were accepted."""

    def __init__(self, account: str, texts: TextStore, journal: Journal, faults: Faults) -> None:
        self._account, self._texts, self._journal, self._faults = account, texts, journal, faults
        self._path = f"/{API}/Accounts/{account}/Messages.json"

    def fetch(self, sid: str) -> TwilioAnswer:
        """One message."""
        if fault := self._faults.trigger("fetch.fail"):
            return refusal(20503, status=fault.status or 503)
        text = self._texts.find(sid)
        if text is None or text.created > self._visible_until():
            return refusal(20404)
        return TwilioAnswer(200, message(text, self._account))

    def update(self, sid: str, form: Mapping[str, str]) -> TwilioAnswer:
        """Redact the body (`Body=`), the one change that Twilio allows once a text was sent."""
        text = self._texts.find(sid)
        if text is None:
            return refusal(20404)
        if form.get("Body"):
            return refusal(20001)
        if "Body" in form:
            text.redacted = True
            self._journal.deletions.append(Deletion(reference=sid, what="redacted", at=timestamp(time.time())))
        return TwilioAnswer(200, message(text, self._account))

    def delete(self, sid: str) -> TwilioAnswer:
        """Show it no more; the journal keeps it."""
        text = self._texts.find(sid)
        if text is None:
            return refusal(20404)
        self._texts.remove(text)
        self._journal.deletions.append(Deletion(reference=sid, what="deleted", at=timestamp(time.time())))
        return TwilioAnswer(204, None)

    def list_page(self, query: Mapping[str, str]) -> TwilioAnswer:
        """Newest first, filtered by To, From and DateSent, paged by Page, PageSize and PageToken."""
        if fault := self._faults.trigger("list.fail"):
            return refusal(20503, status=fault.status or 503)
        try:
            wanted = PageRequest.read(query)
        except ValueError:
            return refusal(20001)
        texts, previous_uri, next_uri = self._page(wanted)
        if self._faults.trigger("list.shuffle"):
            random.shuffle(texts)
        start = wanted.number * wanted.size
        page = MessagePage(
            end=start + max(0, len(texts) - 1),
            first_page_uri=f"{self._path}?PageSize={wanted.size}&Page=0",
            messages=[message(text, self._account) for text in texts],
            next_page_uri=next_uri,
            page=wanted.number,
            page_size=wanted.size,
            previous_page_uri=previous_uri,
            start=start,
            uri=f"{self._path}?PageSize={wanted.size}&Page={wanted.number}",
        )
        return TwilioAnswer(200, page)

    def _page(self, wanted: PageRequest) -> tuple[list[Text], str | None, str | None]:
        """The texts, and the paths of the page before and of the next."""
        visible_until = self._visible_until()

        def matching(texts: Iterator[Text]) -> Iterator[Text]:
            return (text for text in texts if text.created <= visible_until and wanted.matches(text))

        def older(than: int | None) -> Iterator[Text]:
            return matching(self._texts.newest_first(to=wanted.to, before=than))

        if wanted.after is None:
            found = list(islice(older(wanted.before), wanted.size + 1))
            page, more = found[: wanted.size], len(found) > wanted.size
        else:
            newer = matching(self._texts.oldest_first(to=wanted.to, after=wanted.after))
            page = list(islice(newer, wanted.size))[::-1]
            more = bool(page) and next(older(page[-1].number), None) is not None
        first = wanted.number == 0 or not page or wanted.before is wanted.after is None
        previous_uri = None if first else wanted.uri(self._path, -1, f"PB{page[0].number:032x}")
        next_uri = wanted.uri(self._path, 1, f"PA{page[-1].number:032x}") if more else None
        return page, previous_uri, next_uri

    def _visible_until(self) -> float:
        lag = self._faults.trigger("list.lag")
        return time.time() - (30.0 if lag.delay is None else lag.delay) if lag else float("inf")
