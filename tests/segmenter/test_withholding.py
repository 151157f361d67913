"""Which figures of a sensitive campaign are shown beside which."""

from collections.abc import Mapping
from typing import Any

import pytest
from segmenter.domain.withholding import progress_shown, size_may_be_shown, summary_shown

SUMMARY: dict[str, Any] = {
    "sensitive": True,
    "matched": 40,
    "recipients": 40,
    "audience_by_channel": {"sms": 20, "email": 20},
    "skipped": {},
    "sms": {"encodings": {"GSM-7": 20}, "too_long": 0},
    "missing": [],
    "not_renderable": 0,
}
RENDERED = {"sms", "email", "sending_seconds", "missing", "not_renderable"}


def hidden(shown: Mapping[str, Any]) -> set[str]:
    names = {each["field"] for each in shown["withheld"]}
    assert {name for name in names if shown.get(name) is not None} == set()
    return names


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({}, set()),
        ({"audience_by_channel": {"sms": 37, "email": 3}}, {"audience_by_channel", *RENDERED}),
        ({"matched": 43, "skipped": {"no_consent": 3}}, {"matched", "skipped"}),
        ({"matched": 55, "skipped": {"no_consent": 12, "no_contact": 3}}, {"matched", "skipped"}),
        ({"matched": 52, "skipped": {"no_consent": 12}}, set()),
        ({"sms": {"encodings": {"GSM-7": 17, "UCS-2": 3}, "too_long": 0}}, {"sms"}),
        ({"sms": {"encodings": {"GSM-7": 20}, "too_long": 17}}, {"sms"}),
        ({"not_renderable": 3}, {"not_renderable"}),
        ({"missing": [{"field": "job", "channel": "sms", "members": 17, "fallback": True}]}, {"missing"}),
        ({"missing": [{"field": "job", "channel": "sms", "members": 20, "fallback": True}]}, set()),
    ],
)
def test_a_summary_tells_of_no_few(values: dict[str, Any], names: set[str]) -> None:
    summary = {**SUMMARY, **values}
    assert hidden(summary_shown(summary)) == names
    assert summary_shown({**summary, "sensitive": False}) == {**summary, "sensitive": False}


def progress(
    statuses: dict[str, int], *, audience: int, skips: dict[str, int] | None = None, **values: Any
) -> dict[str, Any]:
    """Progress of a campaign on one channel to one branch, all asked for once unless told otherwise."""
    requested = sum(statuses.values())
    skips = skips or {}
    figures = {
        "state": "launched",
        "audience": audience,
        "planned_skips": skips,
        "not_requested": audience - sum(skips.values()) - requested,
        "requested": requested,
        "done": sum(statuses.get(each, 0) for each in ("delivered", "skipped")),
        "by_status": statuses,
        "skipped": {"no_consent": statuses["skipped"]} if "skipped" in statuses else {},
        "by_channel": {"sms": statuses},
        "by_branch": [{"branch": "a", "statuses": statuses}],
    }
    return {**figures, **values}


BY_DELIVERY = {"by_status", "skipped", "by_channel", "by_branch"}
DELIVERIES = {*BY_DELIVERY, "not_requested", "requested", "done"}
EVERYTHING = {*DELIVERIES, "audience", "planned_skips"}
TWO_CHANNELS: dict[str, Any] = {"by_channel": {"sms": {"delivered": 17}, "email": {"delivered": 3}}}
TWO_BRANCHES: dict[str, Any] = {
    "by_branch": [{"branch": "a", "statuses": {"delivered": 17}}, {"branch": None, "statuses": {"delivered": 3}}]
}


@pytest.mark.parametrize(
    ("figures", "names"),
    [
        (progress({"delivered": 20}, audience=20), set()),
        (progress({"delivered": 20}, audience=23, skips={"no_consent": 3}), {"audience", "planned_skips"}),
        (progress({"delivered": 20}, audience=35, skips={"a": 12, "b": 3}), {"audience", "planned_skips"}),
        (progress({"delivered": 20}, audience=32, skips={"no_consent": 12}), set()),
        (progress({"delivered": 3}, audience=15, skips={"no_consent": 12}), EVERYTHING),
        (progress({"delivered": 17, "held": 3}, audience=20), {"done", *BY_DELIVERY}),
        (progress({"delivered": 17, "skipped": 3}, audience=20), BY_DELIVERY),
        (progress({"delivered": 3, "skipped": 17}, audience=20), BY_DELIVERY),
        (progress({"skipped": 20}, audience=20, skipped={"no_consent": 17, "fatigue": 3}), {"skipped"}),
        (progress({"delivered": 20}, audience=20, **TWO_CHANNELS), {"by_channel"}),
        (progress({"delivered": 20}, audience=20, **TWO_BRANCHES), {"by_branch"}),
        (progress({"requested": 17}, audience=20), DELIVERIES),
        (progress({"requested": 3}, audience=20), DELIVERIES),
        (progress({}, audience=20), set()),
        (progress({"delivered": 23}, audience=20, not_requested=0), DELIVERIES),
        (progress({"delivered": 30}, audience=20, not_requested=0), set()),
    ],
)
def test_progress_tells_of_no_few(figures: dict[str, Any], names: set[str]) -> None:
    shown = progress_shown(figures, approved=20)
    assert hidden(shown) == names
    assert shown["state"] == "launched"


@pytest.mark.parametrize(
    ("size", "skips", "approved", "told"),
    [
        (20, {}, 20, True),
        (20, {}, None, True),
        (21, {}, 20, False),
        (23, {"no_consent": 3}, 20, False),
        (23, {"no_consent": 3}, None, False),
        (32, {"no_consent": 12}, 20, True),
        (15, {"no_consent": 12}, 3, False),
        (9, {}, 9, False),
    ],
)
def test_the_size_of_an_audience_is_told_where_it_gives_nobody_away(
    size: int, skips: dict[str, int], approved: int | None, told: bool
) -> None:
    assert size_may_be_shown(size, skips, approved) is told
