"""Cells that spreadsheets read as formulas, and cells as spreadsheets write them.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end runs as a formula when somebody opens the file
(OWASP, "CSV injection"), also behind a separator of another locale. An apostrophe before it makes it text. A roll is
read without these apostrophes, so that a rejected row comes back as it was.
"""

import re

_BEGIN = r"(?:^|(?<=[;|\t\r\n]))"
_FORMULA = "(?='*(?:[^\\S\t\r\n]*[=+@\uff1d\uff0b\uff0d\uff20-]|[\t\r\n]))"
_TO_NEUTRALISE, _NEUTRALISED = re.compile(_BEGIN + _FORMULA), re.compile(f"{_BEGIN}'{_FORMULA}")


def neutralised(cell: str) -> str:
    """The cell with an apostrophe before whatever would run."""
    return _TO_NEUTRALISE.sub("'", cell)


def restored(cell: str) -> str:
    """The cell before it was neutralised."""
    return _NEUTRALISED.sub("", cell) if "'" in cell else cell
