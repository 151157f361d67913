"""Signed links: a date that the token cannot hold is the nearest that it can."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from chassis.errors import Forbidden
from chassis.signed_links import LATEST, SignedLinks

LINKS = SignedLinks(b"a secret of the tests")


@pytest.mark.parametrize("year", [2106, 2206, 9999])
def test_a_link_that_would_outlive_its_four_bytes_ends_with_them(year: int) -> None:
    about = uuid4()
    token = LINKS.sign("answer", about, expires_at=datetime(year, 12, 31, tzinfo=UTC))
    assert LINKS.open("answer", token, LATEST) == (about,)
    with pytest.raises(Forbidden, match="expired"):
        LINKS.open("answer", token, LATEST + timedelta(seconds=1))


def test_a_date_before_there_were_any_is_long_past() -> None:
    token = LINKS.sign("answer", uuid4(), expires_at=datetime(1066, 10, 14, tzinfo=UTC))
    with pytest.raises(Forbidden, match="expired"):
        LINKS.open("answer", token, datetime(2026, 1, 1, tzinfo=UTC))
