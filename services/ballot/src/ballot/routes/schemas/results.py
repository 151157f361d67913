"""Results and turnout, as answered."""

from ballot.domain.disclosure import BranchTurnout
from ballot.routes.schemas import fields
from ballot.service.results import Result, Turnout
from pydantic import BaseModel, Field


class OptionResult(BaseModel):
    """The counted answers of one option."""

    key: fields.OptionKey
    label: str = Field(description="The option as members read it.", examples=["Not yet"])
    effect: fields.Effect
    count: int | None = Field(
        description="Counted answers that chose it; null until the poll is counted, or when fewer than ten answered.",
        examples=[412],
    )


class PollResult(BaseModel):
    """Answers by status and by option. Every answer has one status; together they make up `received`."""

    poll_id: fields.PollId
    state: fields.StateOfPoll
    version: fields.PollVersion
    counted_at: fields.CountedAt
    roll: int = Field(description="Members on the roll; 0 before the opening.", examples=[1200])
    took_part: int = Field(
        description="Members whose counted answer is turnout: every one in a poll, those who voted in a canvass.",
        examples=[731],
    )
    received: int = Field(description="Answers received.", examples=[905])
    counted: int = Field(description="Answers that count: the last valid one of each member.", examples=[731])
    superseded: int = Field(description="Answers replaced by a later one of the same member.", examples=[104])
    unmatched: int = Field(description="Texts that name no option and wait for a decision.", examples=[12])
    set_aside: int = Field(description="Answers that a person decided not to count.", examples=[3])
    late: int = Field(description="Answers received after the closing.", examples=[9])
    early: int = Field(description="Answers received before the opening.", examples=[1])
    not_on_roll: int = Field(description="Answers of people who are not on the roll.", examples=[40])
    test: int = Field(description="Answers to test sends; they never count.", examples=[5])
    options: list[OptionResult] = Field(description="Every option, in the order in which they are numbered.")

    @classmethod
    def of(cls, result: Result) -> "PollResult":
        """The fields of the poll, its counts by status, and its options."""
        options = [
            OptionResult(key=option.key, label=option.label, effect=option.effect, count=result.by_option[option.key])
            for option in result.poll.definition.options
        ]
        figures = {"took_part": result.took_part, "received": sum(result.by_status.values()), "options": options}
        return cls.model_validate({**dict(result.poll), **result.by_status, **figures})


class PollTurnout(BaseModel):
    """Turnout against the roll frozen at the opening."""

    poll_id: fields.PollId
    state: fields.StateOfPoll
    roll: int | None = Field(
        description="Members on the roll; null for a caller limited to a branch within a wider poll.", examples=[1200]
    )
    took_part: int | None = Field(description="Members who took part; null like `roll`.", examples=[731])
    branches: list[BranchTurnout] = Field(
        description="Each branch on the roll. Figures under ten are hidden, and further ones from which they would "
        "follow by subtraction."
    )

    @classmethod
    def of(cls, turnout: Turnout) -> "PollTurnout":
        """The figures with id and state of their poll."""
        figures = {"roll": turnout.roll, "took_part": turnout.took_part, "branches": turnout.branches}
        return cls.model_validate(dict(turnout.poll) | figures)
