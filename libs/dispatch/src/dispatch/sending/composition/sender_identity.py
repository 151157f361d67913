"""In whose name one delivery goes out."""

from collections.abc import Iterable
from datetime import date

from dispatch.projection.contact import UnitPath


def bodies_of(branch: str | None, region: str | None, places: Iterable[UnitPath], today: date) -> tuple[str, ...]:
    """Ids of the bodies that may lend a delivery their name, the nearest first.

    `branch` and `region` are the request's: where the segmenter addresses the member, which is what `{{ branch }}` says
    too. Of a member's places only those there count that have begun and not ended; a branch they have left since it was
    asked for still stands, for the message names it.
    """
    current = sorted((place for place in places if place.holds_on(today)), key=lambda place: (place.since, place.path))
    asked = [body for body in (branch, region) if body]
    paths = [place.path for place in current if asked and asked[0] in place.path]
    roots = [place.path[-1] for place in current]
    above = paths[0][paths[0].index(asked[0]) :] if paths else (*asked, *roots)
    below = list(dict.fromkeys(path[: path.index(asked[0])] for path in paths)) if branch else []
    if len(below) == 1:
        return tuple(dict.fromkeys((*below[0], *above)))
    # Several workplaces in that branch: it is not known which is meant, so the branch's name comes first.
    return tuple(dict.fromkeys((*above, *(body for path in below for body in path))))
