"""Which figures of a sensitive campaign are shown beside which."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from contracts.enums import CampaignState
from segmenter.domain.campaigns.summary import KeptSummary, figure_faults
from segmenter.domain.disclosure.preview import shown_channels
from segmenter.domain.disclosure.progress import Progress, audience_size_is_shown
from segmenter.domain.disclosure.summary import Summary
from segmenter.domain.progress import BranchProgress, ProgressFigures

CAMPAIGN = UUID(int=1)
SUMMARY: dict[str, Any] = {
    "campaign_id": CAMPAIGN,
    "version": 1,
    "hash": "0" * 64,
    "computed_at": "2026-05-01T09:00:00Z",
    "rule": {"kind": "interest", "interests": ["disabled-members"], "sensitive": True},
    "needs_second_person": False,
    "faults": [],
    "sending_seconds": 1.0,
    "email": {"messages": 20, "price": "0.02", "currency": "GBP"},
    "estimated_fields": [],
    "sensitive": True,
    "matched": 40,
    "recipients": 40,
    "audience_by_channel": {"sms": 20, "email": 20},
    "skipped": {},
    "sms": {
        "messages": 20,
        "price": "0.80",
        "currency": "GBP",
        "encodings": {"GSM-7": 20},
        "parts": 20,
        "too_long": 0,
        "most_parts": 1,
    },
    "missing": [],
    "not_renderable": 0,
}
ONCE = {"not_renderable"}
TEXTS = {"sms", "sending_seconds"}
RENDERED = {"sms", "email", "sending_seconds", "missing", "not_renderable"}


def texts(encodings: dict[str, int], *, parts: int | None = None, too_long: int = 0) -> dict[str, Any]:
    """The figures of text messages; by default one part each."""
    parts = sum(encodings.values()) if parts is None else parts
    figures = {"encodings": encodings, "parts": parts, "too_long": too_long, "most_parts": 11}
    return {"sms": {**SUMMARY["sms"], **figures}}


def summary(**values: Any) -> KeptSummary:
    """The summary of a campaign, by default a sensitive one."""
    return KeptSummary.model_validate({**SUMMARY, **values})


def shown_summary(kept: KeptSummary) -> dict[str, Any]:
    return Summary.of(kept).model_dump()


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
        ({"audience_by_channel": {"sms": 40, "email": 37}}, {"audience_by_channel", *RENDERED}),
        ({"audience_by_channel": {"sms": 23, "email": 20}}, {"audience_by_channel", *RENDERED}),
        ({"audience_by_channel": {"sms": 40, "email": 20}, **texts({"GSM-7": 40})}, set()),
        (texts({"GSM-7": 17, "UCS-2": 3}), TEXTS),
        (texts({"GSM-7": 20}, too_long=17), TEXTS),
        (texts({"GSM-7": 20}, parts=23), TEXTS),
        (texts({"GSM-7": 20}, parts=37), TEXTS),
        (texts({"GSM-7": 20}, parts=60), set()),
        (texts({"GSM-7": 20}, parts=30), set()),
        ({**texts({"GSM-7": 17}), "not_renderable": 15}, {"not_renderable", *TEXTS}),
        ({**texts({}), "not_renderable": 23}, {"not_renderable"}),
        ({**texts({}), "not_renderable": 20}, set()),
        ({"audience_by_channel": {"sms": 40, "email": 40}, **texts({"GSM-7": 40}), "not_renderable": 15}, ONCE),
        ({"not_renderable": 3}, {"not_renderable"}),
        ({"missing": [{"field": "job", "channel": "sms", "members": 17, "fallback": True}]}, {"missing"}),
        ({"missing": [{"field": "job", "channel": "sms", "members": 20, "fallback": True}]}, set()),
    ],
)
def test_a_summary_tells_of_no_few(values: dict[str, Any], names: set[str]) -> None:
    assert hidden(shown_summary(summary(**values))) == names
    plain = summary(**{**values, "sensitive": False})
    assert shown_summary(plain) == {**plain.model_dump(), "withheld": []}


@pytest.mark.parametrize(
    ("count", "by_channel", "shown"),
    [
        (40, (20, 30), (20, 30)),
        (40, (40, 40), (40, 40)),
        (40, (37, 30), (None, 30)),
        (40, (3, 30), (None, 30)),
        (40, (0, 40), (None, 40)),
        (40, (20, 17), (None, None)),
        (40, (20, 23), (None, None)),
        (40, (20, 20), (20, 20)),
        (9, (9, 9), (None, None)),
    ],
)
def test_a_preview_tells_of_no_few_beside_its_count(
    count: int, by_channel: tuple[int, int], shown: tuple[int | None, int | None]
) -> None:
    assert tuple(shown_channels(count, dict(zip(("sms", "email"), by_channel, strict=True))).values()) == shown


@pytest.mark.parametrize(("too_long", "said"), [(3, "fewer than 10"), (17, "all but fewer than 10"), (20, "20")])
def test_a_fault_tells_of_no_few(too_long: int, said: str) -> None:
    figures = summary(**texts({"GSM-7": 20}, too_long=too_long))
    (fault,) = figure_faults(figures, sensitive=True)
    assert fault.reason.startswith(f"for {said} members")
    (fault,) = figure_faults(figures, sensitive=False)
    assert fault.reason.startswith(f"for {too_long} members")


def progress(
    statuses: dict[str, int], *, audience: int, skips: dict[str, int] | None = None, **values: Any
) -> ProgressFigures:
    """Progress of a campaign on one channel to one branch, by default with one delivery a member."""
    requested = sum(statuses.values())
    skips = skips or {}
    figures: dict[str, Any] = {
        "campaign_id": CAMPAIGN,
        "state": CampaignState.LAUNCHED,
        "test": False,
        "frozen": True,
        "fan_out_done": True,
        "sensitive": True,
        "approved_recipients": 20,
        "audience": audience,
        "planned_skips": skips,
        "not_requested": audience - sum(skips.values()) - requested,
        "requested": requested,
        "done": sum(statuses.get(each, 0) for each in ("delivered", "skipped")),
        "by_status": statuses,
        "skipped": {"no_consent": statuses["skipped"]} if "skipped" in statuses else {},
        "by_channel": {"sms": statuses},
        "by_branch": [BranchProgress(branch="a", statuses=statuses)],
    }
    return ProgressFigures(**{**figures, **values})


def shown_progress(figures: ProgressFigures) -> dict[str, Any]:
    return Progress.of(figures).model_dump()


BY_DELIVERY = {"by_status", "skipped", "by_channel", "by_branch"}
DELIVERIES = {*BY_DELIVERY, "not_requested", "requested", "done"}
EVERYTHING = {*DELIVERIES, "audience", "planned_skips"}
TWO_CHANNELS: dict[str, Any] = {"by_channel": {"sms": {"delivered": 17}, "email": {"delivered": 3}}}
TWO_BRANCHES: dict[str, Any] = {
    "by_branch": [
        BranchProgress(branch="a", statuses={"delivered": 17}),
        BranchProgress(branch=None, statuses={"delivered": 3}),
    ]
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
def test_progress_tells_of_no_few(figures: ProgressFigures, names: set[str]) -> None:
    shown = shown_progress(figures)
    assert hidden(shown) == names
    assert shown["state"] == "launched"


def twice(statuses: dict[str, int], *, asked: int, **values: Any) -> ProgressFigures:
    """Progress of a campaign with a text to every member, and an e-mail to some of them."""
    requested = sum(statuses.values())
    channels = {"sms": {"delivered": asked}, "email": {"delivered": requested - asked}}
    counts = {"not_requested": 0, "by_channel": channels, "approved_recipients": asked}
    return progress(statuses, audience=asked, **{**counts, **values})


def branches(*delivered: int) -> list[BranchProgress]:
    return [
        BranchProgress(branch=f"branch-{place}", statuses={"delivered": count}) for place, count in enumerate(delivered)
    ]


@pytest.mark.parametrize(
    ("figures", "names"),
    [
        (twice({"delivered": 45}, asked=30), set()),
        (twice({"delivered": 52}, asked=30), {"by_channel"}),
        (twice({"delivered": 45}, asked=30, by_branch=branches(30, 15)), {"by_branch"}),
        (twice({"delivered": 50}, asked=30, by_branch=branches(30, 20)), set()),
        (twice({"delivered": 25, "rejected": 20}, asked=30), BY_DELIVERY),
        (twice({"delivered": 75, "requested": 15}, asked=60), {"done", *BY_DELIVERY}),
        (twice({"delivered": 60, "skipped": 30}, asked=60, skipped={"a": 15, "b": 15}), {"skipped"}),
    ],
)
def test_progress_tells_of_no_few_where_members_are_asked_twice(figures: ProgressFigures, names: set[str]) -> None:
    assert hidden(shown_progress(figures)) == names


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
    assert audience_size_is_shown(size, skips, approved) is told
