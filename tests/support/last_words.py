"""What the processes of a stack said last, for the note of a failure: their logs are gone when somebody reads it."""

from pathlib import Path

from local_stack.processes import tail


def last_words(logs: Path) -> str:
    """The last lines of every log of a folder."""
    return "\n".join(f"{path.name}:\n{tail(path, 3)}" for path in sorted(logs.glob("*.log")))
