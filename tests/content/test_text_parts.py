"""Parts are counted as carriers bill them."""

import pytest
import smsutil
from content.text_parts import Encoding, Parts, count
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "parts", "encoding"),
    [
        ("", 1, "GSM-7"),
        ("a" * 160, 1, "GSM-7"),
        ("a" * 161, 2, "GSM-7"),
        ("a" * 306, 2, "GSM-7"),
        ("a" * 307, 3, "GSM-7"),
        ("€" * 80, 1, "GSM-7"),
        ("€" * 81, 2, "GSM-7"),
        ("Siân", 1, "UCS-2"),
        ("Tŷ " + "a" * 67, 1, "UCS-2"),
        ("Tŷ " + "a" * 68, 2, "UCS-2"),
        ("✊" * 67 * 10, 10, "UCS-2"),
        ("✊" * 67 * 10 + "!", 11, "UCS-2"),
        ("a" * 1531, 11, "GSM-7"),
    ],
)
def test_a_text_costs_what_a_carrier_charges(text: str, parts: int, encoding: Encoding) -> None:
    assert count(text) == Parts(parts, encoding, len(text))


@given(st.text(alphabet="abc @£é\n€[]~ŷ✊😀", min_size=1, max_size=700))
def test_the_short_cut_agrees_with_smsutil(text: str) -> None:
    split = smsutil.split(text)
    assert count(text).parts == len(split.parts)
    assert (count(text).encoding == "GSM-7") == (split.encoding == "gsm0338")
