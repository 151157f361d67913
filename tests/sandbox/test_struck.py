"""What the sandbox writes down of its own faults, and of how far a mail had come: both outlive its death."""

import aiosmtplib
import httpx
import pytest

from tests.sandbox.running import ACCOUNT, DELIVERY, MEMBER, SENDER, Running

_CALLBACK = f"https://us.example/webhooks/twilio/status?d={DELIVERY}&g=1&m=00"


async def post(carrier: Running) -> httpx.Response:
    form = {"To": MEMBER, "From": SENDER, "Body": "Picket at six", "StatusCallback": _CALLBACK}
    return await carrier.http.post(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", data=form)


async def test_each_fault_that_strikes_a_text_is_written_down_with_its_delivery(carrier: Running) -> None:
    await carrier.fault("sms.429", count=1)
    assert [(await post(carrier)).status_code for _ in range(2)] == [429, 201]
    (line,) = carrier.lines("faults")
    assert (line["kind"], line["to"], line["delivery_id"]) == ("sms.429", MEMBER, DELIVERY)


async def test_a_permanent_refusal_by_fault_or_by_fate_names_the_delivery_it_struck(carrier: Running) -> None:
    await carrier.fault("smtp.reply", at="rcpt", code=550, text="5.1.1 Nobody here", count=1)
    for to in ("gwen@example.org", "refuse-550@example.org"):
        with pytest.raises(aiosmtplib.SMTPException):
            await carrier.mail(to, mail_options=[f"ENVID={DELIVERY}.3"])
    (fault,) = carrier.lines("faults")
    assert (fault["stage"], fault["code"], fault["delivery_id"]) == ("rcpt", 550, DELIVERY)
    (fate,) = carrier.lines("refused")
    assert (fate["code"], fate["delivery_id"], fate["gen"]) == (550, DELIVERY, 3)


@pytest.mark.parametrize(
    ("at", "steps"),
    [("rcpt", []), ("data", []), ("body", ["offered", "begun"]), ("dot", ["offered", "begun"])],
)
async def test_how_far_a_body_had_come_is_written_down_by_attempt(carrier: Running, at: str, steps: list[str]) -> None:
    await carrier.fault("smtp.disconnect", at=at, count=1)
    with pytest.raises(aiosmtplib.SMTPException):
        await carrier.mail("gwen@example.org", mail_options=[f"ENVID={DELIVERY}.2"], text="A long body\n" * 5000)
    lines = carrier.lines("bodies")
    assert [line["what"] for line in lines] == steps
    assert {(line["delivery_id"], line["gen"]) for line in lines} <= {(DELIVERY, 2)}
