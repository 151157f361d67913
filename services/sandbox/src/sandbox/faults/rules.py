"""What a fault rule says: its kind, the recipients it applies to, its limits and its parameters."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal[
    "sms.429",
    "sms.5xx-before",
    "sms.5xx-after",
    "sms.reset-before",
    "sms.reset-after",
    "sms.truncated",
    "sms.cut",
    "sms.wrong-json",
    "sms.html",
    "sms.slow",
    "sms.delay",
    "sms.late-accept",
    "sms.outcome",
    "list.lag",
    "list.shuffle",
    "list.fail",
    "list.delay",
    "fetch.fail",
    "receipt.never",
    "receipt.repeat",
    "receipt.reversed",
    "receipt.delay",
    "receipt.before-answer",
    "receipt.wrong-reference",
    "receipt.forged",
    "smtp.reply",
    "smtp.disconnect",
    "smtp.delay",
    "smtp.without",
]
Stage = Literal["connect", "ehlo", "mail", "rcpt", "data", "body", "dot", "accepted"]


class Rule(BaseModel):
    """One fault. Parameters that its kind does not use are ignored; an unknown parameter is refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_extra={"examples": [{"kind": "sms.429", "retry_after": 2, "count": 3}]}
    )

    kind: Kind = Field(description="What goes wrong, and where.")
    to: str | None = Field(
        default=None,
        max_length=200,
        description="Glob over the recipient's number or address. A rule with a glob never matches an SMTP stage at "
        "which the recipient is not known yet.",
        examples=["+447400*"],
    )
    probability: float = Field(default=1.0, ge=0, le=1, description="Probability that a matching request is hit.")
    count: int | None = Field(default=None, ge=1, description="The rule ends after this many hits.")
    after: int = Field(default=0, ge=0, description="Matching requests that pass before the first hit.")
    seed: int | None = Field(default=None, description="Seed of the random draw, to repeat a sequence of hits.")

    status: int | None = Field(default=None, ge=400, le=599, description="HTTP status of a 5xx fault.")
    retry_after: int = Field(default=1, ge=0, description="Retry-After of `sms.429`, in seconds.")
    delay: float | None = Field(default=None, ge=0, le=3600, description="Delay in seconds, for kinds that delay.")
    accept: bool | None = Field(default=None, description="Whether the message is accepted all the same.")
    outcome: str = Field(
        default="delivered",
        pattern=r"^(delivered|silent|disorderly|21\d{3}|30\d{3})$",
        description="For `sms.outcome`: `delivered`, `silent` (no callback), `disorderly` (callbacks reversed and "
        "repeated), or the error code with which the text is refused (21xxx) or undelivered (30xxx).",
    )
    times: int = Field(default=10, ge=1, le=100, description="How often `receipt.repeat` sends each callback.")
    at: Stage | None = Field(default=None, description="SMTP stage of `smtp.reply`, `smtp.disconnect`, `smtp.delay`.")
    code: int = Field(default=451, ge=400, le=599, description="Reply code of `smtp.reply`.")
    text: str = Field(
        default="4.3.0 A fault of the sandbox",
        max_length=400,
        pattern=r"^[\x20-\x7e]+$",
        description="Reply text of `smtp.reply`.",
    )
    extensions: tuple[str, ...] = Field(default=(), description="EHLO keywords that `smtp.without` hides.")

    @model_validator(mode="after")
    def _has_a_stage(self) -> Self:
        staged = self.kind in {"smtp.reply", "smtp.disconnect", "smtp.delay"}
        if staged != (self.at is not None):
            raise ValueError(f"{self.kind} {'needs' if staged else 'takes no'} `at`")
        return self
