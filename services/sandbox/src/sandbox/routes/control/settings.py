"""The settings that may be changed while the sandbox runs."""

from chassis.http.auth import public
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sandbox.control.live_settings import SettingsChange
from sandbox.routes.dependencies import GUARD, UNAUTHORISED, Live

router = APIRouter(prefix="/sandbox/settings", tags=["settings"], responses=UNAUTHORISED)


class PresentSettings(BaseModel):
    """All of them, as they are."""

    model_config = ConfigDict(from_attributes=True)

    parts_per_second: float = Field(
        description="Text parts that one sender may send in a second; 0: no limit.", examples=[0]
    )
    sent_delay: float = Field(description="Seconds from acceptance of a text to `sent`.", examples=[0.05])
    delivered_delay: float = Field(description="Seconds from acceptance of a text to its last status.", examples=[0.3])
    bounce_delay: float = Field(description="Seconds from acceptance of a mail to its bounce.", examples=[0.5])
    late_bounce_delay: float = Field(description="The same for mails to `late-bounce` addresses.", examples=[5.0])
    outcomes_by_number: bool = Field(description="Whether a number's last digits decide what becomes of a text to it.")
    inbound_url: str = Field(description="The webhook inbound texts are posted to; empty: none.", examples=[""])
    dsn_target: str = Field(description="host:port that bounces are sent to; empty: none.", examples=["127.0.0.1:8026"])


@router.get("")
@public(GUARD)
async def show_settings(settings: Live) -> PresentSettings:
    """The live settings, as they are."""
    return PresentSettings.model_validate(settings)


@router.put("")
@public(GUARD)
async def change_settings(change: SettingsChange, settings: Live) -> PresentSettings:
    """Change any subset of the live settings."""
    settings.change(change)
    return PresentSettings.model_validate(settings)
