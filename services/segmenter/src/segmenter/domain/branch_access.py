"""What a caller whose token is limited to one branch may create and touch."""

from chassis.errors import Forbidden


def owning_body(requested: str | None, branch: str | None) -> str | None:
    """The union body that a new segment or campaign belongs to. Raises Forbidden when it is not the caller's branch."""
    if branch is None:
        return requested
    if requested not in (None, branch):
        raise Forbidden(f"the token is limited to the branch {branch}", field="body")
    return branch


def require_access(body: str | None, branch: str | None) -> None:
    """Raises Forbidden unless a caller limited to `branch` may touch what belongs to `body`."""
    if branch is not None and body != branch:
        raise Forbidden(f"the token is limited to the branch {branch}")


def require_whole_union(branch: str | None) -> None:
    """Raises Forbidden for a caller limited to a branch."""
    if branch is not None:
        raise Forbidden("this is for the whole union; the token is limited to a branch")
