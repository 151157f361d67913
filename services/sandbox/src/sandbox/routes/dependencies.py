"""What the routes are given, and what guards them."""

from typing import Annotated

from chassis.http.problems import given, problems
from fastapi import Depends, Query
from sandbox.carrier.inbound_texts import InboundTexts
from sandbox.carrier.text_store import TextStore
from sandbox.control.counts import Counts
from sandbox.control.live_settings import LiveSettings
from sandbox.control.pending_work import PendingWork
from sandbox.faults.active import Faults
from sandbox.journal.journal import Journal
from sandbox.mail.mail_store import MailStore

GUARD = "Basic authentication with the account's sid and token (routes.authentication)"

Texts = Annotated[TextStore, Depends(given(TextStore))]
Mails = Annotated[MailStore, Depends(given(MailStore))]
Inbound = Annotated[InboundTexts, Depends(given(InboundTexts))]
JournalFiles = Annotated[Journal, Depends(given(Journal))]
AllCounts = Annotated[Counts, Depends(given(Counts))]
Pending = Annotated[PendingWork, Depends(given(PendingWork))]
Live = Annotated[LiveSettings, Depends(given(LiveSettings))]
ActiveFaults = Annotated[Faults, Depends(given(Faults))]

UNAUTHORISED = problems(401)
"""`responses=` of every router: what authentication.py answers without the account's sid and token."""

Limit = Annotated[int, Query(ge=1, le=1000, description="Items in the page.")]
