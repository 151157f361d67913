"""What the journal records of injected faults, and of how far a mail had come: both survive a kill."""

import aiosmtplib
import httpx
import pytest

from tests.sandbox.running_sandbox import ACCOUNT, DELIVERY, MEMBER, SENDER, RunningSandbox

_CALLBACK = f"https://us.example/webhooks/twilio/status?d={DELIVERY}&g=1&m=00"


async def post(carrier: RunningSandbox) -> httpx.Response:
    form = {"To": MEMBER, "From": SENDER, "Body": "Picket at six", "StatusCallback": _CALLBACK}
    return await carrier.http.post(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", data=form)


async def test_each_fault_that_hits_a_text_is_recorded_with_its_delivery(carrier: RunningSandbox) -> None:
    await carrier.fault("sms.429", count=1)
    assert [(await post(carrier)).status_code for _ in range(2)] == [429, 201]
    (line,) = carrier.lines("faults")
    assert (line["kind"], line["to"], line["delivery_id"]) == ("sms.429", MEMBER, DELIVERY)


async def test_a_permanent_refusal_by_fault_or_by_outcome_names_its_delivery(carrier: RunningSandbox) -> None:
    await carrier.fault("smtp.reply", at="rcpt", code=550, text="5.1.1 Nobody here", count=1)
    for to in ("gwen@example.org", "refuse-550@example.org"):
        with pytest.raises(aiosmtplib.SMTPException):
            await carrier.mail(to, mail_options=[f"ENVID={DELIVERY}.3"])
    (fault,) = carrier.lines("faults")
    assert (fault["stage"], fault["code"], fault["delivery_id"]) == ("rcpt", 550, DELIVERY)
    (outcome,) = carrier.lines("refused")
    assert (outcome["code"], outcome["delivery_id"], outcome["gen"]) == (550, DELIVERY, 3)


@pytest.mark.parametrize(
    ("at", "steps"),
    [("rcpt", []), ("data", []), ("body", ["offered", "begun"]), ("dot", ["offered", "begun"])],
)
async def test_how_far_a_body_had_come_is_recorded_by_attempt(
    carrier: RunningSandbox, at: str, steps: list[str]
) -> None:
    await carrier.fault("smtp.disconnect", at=at, count=1)
    with pytest.raises(aiosmtplib.SMTPException):
        await carrier.mail("gwen@example.org", mail_options=[f"ENVID={DELIVERY}.2"], text="A long body\n" * 5000)
    lines = carrier.lines("bodies")
    assert [line["what"] for line in lines] == steps
    assert {(line["delivery_id"], line["gen"]) for line in lines} <= {(DELIVERY, 2)}
