"""The reader of reports, measured on a corpus of reports (`reports.corpus`) that its words were not taken from."""

from collections import Counter

import pytest
from dispatch_email.domain.reports import Kind, Report, read

from tests.dispatch_email.corpus import Sample, samples

KINDS = {
    "bad": Kind.FAILED,
    "good": Kind.FAILED,
    "delayed": Kind.PASSING,
    "delivered": Kind.DELIVERED,
    "auto": Kind.AUTO_REPLY,
    "person": Kind.UNKNOWN,
}
Read = list[tuple[Sample, Report]]


def everything() -> Read:
    return [(sample, read(sample.raw)) for sample in samples()]


def held_out() -> Read:
    return [(sample, report) for sample, report in everything() if sample.held_out]


def test_the_corpus_is_large_and_varied() -> None:
    counted = Counter(sample.meaning for sample in samples())
    assert counted.total() >= 300
    assert min(counted[meaning] for meaning in KINDS) >= 3
    assert len({sample.form for sample in samples()}) >= 20


@pytest.mark.parametrize("part", [everything, held_out])
def test_bad_addresses_are_recognised_and_good_ones_are_not_called_bad(part: "type[Read]") -> None:
    found = part()
    bad = [(sample, report) for sample, report in found if sample.meaning == "bad"]
    called_bad = [(sample, report) for sample, report in found if report.address_bad]
    right = [sample for sample, _ in called_bad if sample.meaning == "bad"]
    missed = [(sample.form, sample.words) for sample, report in bad if not report.address_bad]
    assert len(right) / len(bad) >= 0.85, missed
    assert len(right) / len(called_bad) >= 0.95, [sample.words for sample, _ in called_bad if sample.meaning != "bad"]


@pytest.mark.parametrize("part", [everything, held_out])
def test_few_reports_are_not_understood(part: "type[Read]") -> None:
    reports = [(sample, report) for sample, report in part() if sample.meaning not in {"auto", "person"}]
    wrong = [(sample.form, sample.words) for sample, report in reports if report.kind is not KINDS[sample.meaning]]
    assert len(wrong) / len(reports) <= 0.04, wrong


def test_what_people_and_their_programs_answer_is_no_report() -> None:
    for sample, report in everything():
        if sample.meaning in {"auto", "person"}:
            assert report == Report(KINDS[sample.meaning]), sample.words
