"""What a caller who speaks for one branch may touch."""

from chassis.errors import Forbidden


def body_for(wanted: str | None, branch: str | None) -> str | None:
    """The body a new segment or campaign belongs to. Raises Forbidden when a branch asks for another's."""
    if branch is None:
        return wanted
    if wanted not in (None, branch):
        raise Forbidden(f"the token is limited to the branch {branch}", field="body")
    return branch


def check(body: str | None, branch: str | None) -> None:
    """Raises Forbidden unless what belongs to `body` is the caller's."""
    if branch is not None and body != branch:
        raise Forbidden(f"the token is limited to the branch {branch}")


def union_only(branch: str | None) -> None:
    """Raises Forbidden for a caller limited to a branch."""
    if branch is not None:
        raise Forbidden("this is for the whole union; the token is limited to a branch")
