"""`make schemas`: stores the schemas as the code defines them, and an example of each event that gained a field.

Writes nothing when an event is not a fully compatible extension of its stored schema.
"""

import sys

from contracts import examples, schemas
from contracts.schemas.compatibility import faults


def main() -> int:
    """Exit status: 0 when everything is stored, 1 with the faults on standard error."""
    found = [
        f"{name}: {fault}"
        for name, kind in schemas.kinds().items()
        if schemas.path_of(name).exists()
        for fault in faults(schemas.stored(name), schemas.of(kind))
    ]
    if found:
        sys.stderr.write("\n".join((*found, "A breaking change is a new .vN beside the old.\n")))
        return 1
    for name, kind in schemas.kinds().items():
        schemas.path_of(name).write_bytes(schemas.as_text(schemas.of(kind)))
        examples.extend(kind)
    return 0


if __name__ == "__main__":
    sys.exit(main())
