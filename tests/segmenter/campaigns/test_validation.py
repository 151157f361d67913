"""Validation of a campaign's texts, without a running service."""

from content import templates
from segmenter.domain.campaigns.definition import CampaignDefinition, Content
from segmenter.domain.campaigns.validation import definition_faults, without_merge_fields

from tests.segmenter.union import LATER, NOW

BRACES = "{" * 100_000


def said(text: str) -> CampaignDefinition:
    return CampaignDefinition.model_validate(
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
    (fault,) = definition_faults(said(BRACES), NOW)
    assert (fault.field, fault.reason) == ("content.0.text", "line 1: a merge field of more than 100 characters")


def test_a_text_of_more_merge_fields_than_anybody_writes_is_refused_by_its_place() -> None:
    assert not definition_faults(said("{{ given_name }}" * 100), NOW)
    (fault,) = definition_faults(said("{{ given_name }}" * 101), NOW)
    assert (fault.field, fault.reason) == ("content.0.text", "line 1: more than 100 merge fields")


def test_a_campaign_of_more_merge_fields_than_anybody_writes_is_refused_before_any_text_is_read() -> None:
    languages = [f"{one}{other}" for one in "abcd" for other in "abc"]
    texts = [{"channel": "sms", "language": each, "text": "{{ job }}" * 83} for each in (*languages, "en")]
    most = said("x").model_copy(update={"content": tuple(map(Content.model_validate, texts[1:]))})
    assert not definition_faults(most, NOW)
    before = templates.compile.cache_info()
    more = most.model_copy(update={"content": tuple(map(Content.model_validate, texts))})
    (fault,) = definition_faults(more, NOW)
    assert (fault.field, fault.reason) == ("content", "names 1,079 merge fields in all; at most 1,000")
    assert templates.compile.cache_info() == before


def test_only_whole_merge_fields_are_taken_out_before_parts_are_counted() -> None:
    assert without_merge_fields(BRACES) == BRACES
    assert without_merge_fields("{{ a }}" * 3 + "{{" + "x" * 1000) == "{{" + "x" * 1000
    long = "{{ given_name }}" * 100 + "x" * 1530
    assert not definition_faults(said(long), NOW)
    (fault,) = definition_faults(said(long + "x"), NOW)
    assert "takes 11 parts in GSM-7 without its merge fields" in fault.reason
