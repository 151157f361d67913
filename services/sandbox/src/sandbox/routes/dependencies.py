"""What the routes are given, and what guards them."""

from typing import Annotated, Any

from chassis.http.problems import given
from fastapi import Depends, Query, Security
from fastapi.security import HTTPBasic
from sandbox.carrier.inbound_texts import InboundTexts
from sandbox.carrier.text_store import TextStore
from sandbox.control.counts import Counts
from sandbox.control.live_settings import LiveSettings
from sandbox.control.pending_work import PendingWork
from sandbox.faults.active import Faults
from sandbox.journal.journal import Journal
from sandbox.mail.mail_store import MailStore

GUARD = "Basic authentication with the account's sid and token (routes.authentication)"
BASIC = Security(HTTPBasic(auto_error=False, description="The account's sid and token."))
"""Declares for OpenAPI what routes.authentication checks."""
UNAUTHENTICATED: dict[int | str, dict[str, Any]] = {
    401: {
        "description": "Not the account's sid and token.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
        "headers": {"WWW-Authenticate": {"description": "Basic", "schema": {"type": "string"}}},
    }
}
"""What it answers to others."""

Texts = Annotated[TextStore, Depends(given(TextStore))]
Mails = Annotated[MailStore, Depends(given(MailStore))]
Inbound = Annotated[InboundTexts, Depends(given(InboundTexts))]
JournalFiles = Annotated[Journal, Depends(given(Journal))]
AllCounts = Annotated[Counts, Depends(given(Counts))]
Pending = Annotated[PendingWork, Depends(given(PendingWork))]
Live = Annotated[LiveSettings, Depends(given(LiveSettings))]
ActiveFaults = Annotated[Faults, Depends(given(Faults))]

Limit = Annotated[int, Query(ge=1, le=1000, description="Items in the page.")]
