"""What is wrong with a campaign's words, without a service around them."""

from segmenter.domain import checking
from segmenter.domain.campaign import Definition

from tests.segmenter.given import LATER, NOW

BRACES = "{" * 100_000


def said(text: str) -> Definition:
    return Definition.model_validate(
        {
            "name": "Strike ballot",
            "segment_id": "00000000-0000-0000-0000-000000000000",
            "purpose": "campaign",
            "content": [{"channel": "sms", "language": "en", "text": text}],
            "channels": {"rule": "preferred_else_next", "order": ["sms"]},
            "senders": [{"channel": "sms", "address": "+447700900999"}],
            "expires_at": LATER,
        }
    )


def test_a_text_of_nothing_but_braces_is_refused_as_no_template_and_its_parts_are_not_counted() -> None:
    (fault,) = checking.faults(said(BRACES), NOW)
    assert (fault.field, fault.reason) == ("content.0.text", "nested too deeply; write {{ field }}")


def test_only_whole_merge_fields_are_taken_out_before_parts_are_counted() -> None:
    assert checking._bare(BRACES) == BRACES
    assert checking._bare("{{ a }}" * 3 + "{{" + "x" * 1000) == "{{" + "x" * 1000
    long = "{{ given_name }}" * 200 + "x" * 1530
    assert not checking.faults(said(long), NOW)
    (fault,) = checking.faults(said(long + "x"), NOW)
    assert "takes 11 parts in GSM-7 without its merge fields" in fault.reason
