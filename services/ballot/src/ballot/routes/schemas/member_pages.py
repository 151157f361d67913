"""The form of a member's page."""

from pydantic import BaseModel, Field


class AnswerForm(BaseModel):
    """The form of the page."""

    option: str = Field(
        default="", max_length=100, description="Key of the chosen option; empty: none was chosen.", examples=["voted"]
    )
