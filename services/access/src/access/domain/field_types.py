"""Types of the fields that callers may send, with their descriptions."""

from typing import Annotated

from contracts.plain_text import clean
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


class Input(BaseModel):
    """Base of what callers send. An unknown field is refused; an error does not hold the value."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


BodyId = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$"),
    Field(description="Id of a body of the union", examples=["leeds"]),
]


def _not_blank(value: str) -> str:
    if not value:
        raise ValueError("is blank")
    return value


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(clean), AfterValidator(_not_blank)]
"""One line of text."""
