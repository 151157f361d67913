"""What may be shown of how many members a sensitive rule selects."""

from collections.abc import Mapping

from segmenter.domain.disclosure.small_counts import THRESHOLD, splits_off_few

NO_SAMPLE = "nobody of a sensitive segment is shown"


def shown_channels(count: int, by_channel: Mapping[str, int]) -> dict[str, int | None]:
    """How many of a sensitive rule's members have each channel; None where that may not be shown.

    Beside `count` each figure says how many lack the channel, and all together how many at least have none or several.
    """
    shown = {name: None if has < THRESHOLD or splits_off_few(has, count) else has for name, has in by_channel.items()}
    together = None not in shown.values() and 0 < abs(count - sum(by_channel.values())) < THRESHOLD
    return dict.fromkeys(shown) if together else shown
