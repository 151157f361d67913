"""The mail server: a real client, raw sockets for pipelining, outcomes by local part, bounces."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import aiosmtplib
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flufl.bounce import scan_message
from pydantic import SecretStr
from sandbox.settings import Settings

from tests.sandbox.receivers import Mailbox
from tests.sandbox.running_sandbox import DELIVERY, RunningSandbox


async def converse(port: int, *sent: bytes) -> list[str]:
    """Write everything at once, then read to the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(sent))
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    return answer.decode().splitlines()


async def test_a_mail_is_journaled_under_its_delivery_before_the_250(carrier: RunningSandbox) -> None:
    reply = await carrier.mail("gwen@example.org", gen=2, mail_options=[f"ENVID={DELIVERY}.2", "RET=HDRS"])
    (line,) = carrier.lines("email")
    assert (line["delivery_id"], line["gen"], line["to"]) == (DELIVERY, 2, "gwen@example.org")
    assert (line["from"], line["envid"]) == ("bounces@union.example", f"{DELIVERY}.2")
    assert line["subject"] == "Piced – chwech o'r gloch"
    assert reply == f"2.0.0 Ok: queued as {line['reference']}"


async def test_ehlo_offers_what_a_relay_of_ours_has_to(carrier: RunningSandbox) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=carrier.smtp_port, start_tls=False) as client:
        await client.ehlo()
        for extension in ("pipelining", "dsn", "8bitmime", "size", "enhancedstatuscodes"):
            assert client.supports_extension(extension), extension
        assert not client.supports_extension("auth")
        assert not client.supports_extension("starttls")


async def test_pipelined_commands_are_each_answered_in_turn(carrier: RunningSandbox) -> None:
    lines = await converse(
        carrier.smtp_port,
        b"EHLO client.example\r\n",
        b"MAIL FROM:<bounces@union.example> RET=HDRS ENVID=abc+2B1 BODY=8BITMIME SIZE=100\r\n",
        b"RCPT TO:<refuse-550@example.org> NOTIFY=FAILURE\r\n",
        b"RCPT TO:<gwen@example.org> NOTIFY=FAILURE,DELAY ORCPT=rfc822;gwen@example.org\r\n",
        b"DATA\r\n",
        b"Subject: Hello\r\n\r\n..a dot\r\n.\r\n",
        b"MAIL FROM:<bounces@union.example>\r\nRCPT TO:<refuse-550@example.org>\r\nDATA\r\n",
        b"RSET\r\nNOOP\r\nQUIT\r\n",
    )
    codes = [line[:3] for line in lines if line[3:4] == " "]
    assert codes == ["220", "250", "250", "550", "250", "354", "250", "250", "550", "503", "250", "250", "221"]
    (line,) = carrier.lines("email")
    assert (line["envid"], line["notify"]) == ("abc+1", ["DELAY", "FAILURE"])
    assert line["source"].endswith("\r\n\r\n.a dot\r\n")


@pytest.mark.parametrize(
    "commands",
    [
        b"MAIL FROM:<a@b.example> COLOUR=red\r\n",
        b"MAIL FROM:<a@b.example> SIZE=many\r\n",
        b"MAIL TO:<a@b.example>\r\n",
        b"MAIL FROM:<a@b.example>\r\nRCPT TO:<nobody>\r\n",
        b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example> NOTIFY=SOMETIMES\r\n",
    ],
)
async def test_malformed_commands_get_a_501(carrier: RunningSandbox, commands: bytes) -> None:
    lines = await converse(carrier.smtp_port, b"EHLO client.example\r\n" + commands + b"QUIT\r\n")
    assert lines[-2].startswith("501")


async def test_a_mail_over_the_limit_is_refused_after_the_dot(settings: Settings) -> None:
    async with RunningSandbox.of(settings.model_copy(update={"smtp_max_bytes": 2000})) as carrier:
        with pytest.raises(aiosmtplib.SMTPResponseException) as declared:
            await carrier.mail("gwen@example.org", text="long line\n" * 300)
        assert declared.value.code == 552
        start = b"EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
        lines = await converse(carrier.smtp_port, start, b"long line\r\n" * 300, b".\r\nQUIT\r\n")
        assert lines[-2].startswith("552")
        assert carrier.lines("email") == []


@pytest.mark.parametrize(
    ("to", "code", "status"),
    [
        ("refuse-550@example.org", 550, "5.1.1"),
        ("refuse-552+7@example.org", 552, "5.2.2"),
        ("defer-451.x@example.org", 451, "4.3.0"),
        ("full-552@example.org", 552, "5.2.2"),
        ("spam-554-9@example.org", 554, "5.7.1"),
    ],
)
async def test_an_address_refused_by_its_outcome_gets_its_code_and_is_not_journaled(
    carrier: RunningSandbox, to: str, code: int, status: str
) -> None:
    with pytest.raises((aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException)) as refused:
        await carrier.mail(to)
    error = refused.value
    reply = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
    assert isinstance(reply, aiosmtplib.SMTPResponseException)
    assert reply.code == code
    assert reply.message.startswith(status)
    assert carrier.lines("email") == []
    assert carrier.lines("refused")[0]["code"] == code


async def test_a_greylisted_address_is_deferred_once(carrier: RunningSandbox) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await carrier.mail("greylist-450@example.org")
    await carrier.mail("greylist-450@example.org")
    assert len(carrier.lines("email")) == 1


@pytest.mark.parametrize(
    "to", ["bounce-5.1.1+3@example.org", "late-bounce-5.1.1@example.org", "late-bounce@example.org"]
)
async def test_a_bounce_comes_back_as_a_status_notification(carrier: RunningSandbox, mailbox: Mailbox, to: str) -> None:
    await carrier.mail(to, mail_options=[f"ENVID={DELIVERY}.1", "RET=HDRS"])
    await carrier.settled()
    ((sender, recipients, message),) = mailbox.mails
    assert (sender, recipients) == ("<>", ["bounces@union.example"])
    assert message.get_content_type() == "multipart/report"
    text, status, original = message.iter_parts()
    assert "5.1.1" in str(text.get_content())
    about, each = status.iter_parts()
    assert about["Original-Envelope-Id"] == f"{DELIVERY}.1"
    assert (each["Action"], each["Status"], each["Final-Recipient"]) == ("failed", "5.1.1", f"rfc822; {to}")
    headers = BytesParser().parsebytes(bytes(str(original.get_content()), "utf-8"))
    assert headers["Message-ID"] == f"<{DELIVERY}@union.example>"
    assert scan_message(message) == {to.encode()}


async def test_the_whole_mail_comes_back_when_that_was_asked(carrier: RunningSandbox, mailbox: Mailbox) -> None:
    await carrier.mail("bounce-5.2.2@example.org", mail_options=["RET=FULL"])
    await carrier.settled()
    inner = list(mailbox.mails[0][2].iter_parts())[2].get_content()
    assert isinstance(inner, EmailMessage)
    assert "Picket at six" in inner.get_content()


@pytest.mark.parametrize(
    ("to", "notify", "kinds"),
    [
        ("bounce-5.1.1@example.org", "NEVER", []),
        ("bounce-5.1.1@example.org", "SUCCESS", []),
        ("gwen@example.org", "SUCCESS,FAILURE", ["delivered"]),
        ("gwen@example.org", "FAILURE", []),
        ("delayed@example.org", "FAILURE,DELAY", ["delayed"]),
    ],
)
async def test_notify_decides_what_is_said(
    carrier: RunningSandbox, mailbox: Mailbox, to: str, notify: str, kinds: list[str]
) -> None:
    await carrier.mail(to, rcpt_options=[f"NOTIFY={notify}"])
    await carrier.settled()
    actions = [list(list(mail.iter_parts())[1].iter_parts())[1]["Action"] for _, _, mail in mailbox.mails]
    assert actions == kinds


async def test_odd_bounces_complaints_and_auto_replies_come_back_in_their_shapes(
    carrier: RunningSandbox, mailbox: Mailbox
) -> None:
    for local in ("odd-bounce", "complaint", "vacation"):
        await carrier.mail(f"{local}@example.org")
        await carrier.settled()
    odd, complaint, vacation = (mail for _, _, mail in mailbox.mails)
    assert scan_message(odd) == {b"odd-bounce@example.org"}
    assert complaint["Content-Type"].params["report-type"] == "feedback-report"
    assert next(list(complaint.iter_parts())[1].iter_parts())["Feedback-Type"] == "abuse"
    assert vacation["Auto-Submitted"] == "auto-replied"
    assert [sender for sender, _, _ in mailbox.mails] == ["<>", "<>", "vacation@example.org"]


async def test_a_bounce_that_is_deferred_is_tried_again(carrier: RunningSandbox, mailbox: Mailbox) -> None:
    mailbox.refusals = ["451 4.3.0 Later"]
    await carrier.mail("bounce-5.1.1@example.org")
    counts = await carrier.settled()
    assert len(mailbox.mails) == 1
    assert counts["email"]["returned"] == {"bounce": 1, "arrived": 1}


async def test_with_a_login_set_strangers_are_turned_away(settings: Settings) -> None:
    secured = settings.model_copy(update={"smtp_username": "muster", "smtp_password": SecretStr("a good password")})
    async with RunningSandbox.of(secured) as carrier:
        with pytest.raises(aiosmtplib.SMTPSenderRefused) as refused:
            await carrier.mail("gwen@example.org")
        assert refused.value.code == 530
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=carrier.smtp_port, start_tls=False) as client:
            with pytest.raises(aiosmtplib.SMTPAuthenticationError):
                await client.login("muster", "a bad password")
            await client.login("muster", "a good password")
            await client.sendmail("bounces@union.example", ["gwen@example.org"], "Subject: Hello\r\n\r\nHello")
        assert len(carrier.lines("email")) == 1


async def test_starttls_encrypts_and_mail_goes_through(settings: Settings, tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path)
    secured = settings.model_copy(update={"smtp_tls_certificate": certificate, "smtp_tls_key": key})
    context = ssl.create_default_context(cafile=str(certificate))
    async with RunningSandbox.of(secured) as carrier:
        client = aiosmtplib.SMTP(hostname="localhost", port=carrier.smtp_port, start_tls=True, tls_context=context)
        async with client:
            assert client.transport is not None
            assert client.transport.get_extra_info("cipher")
            await client.ehlo()
            assert not client.supports_extension("starttls")
            await client.sendmail("bounces@union.example", ["gwen@example.org"], "Subject: Hello\r\n\r\nHello")
        assert len(carrier.lines("email")) == 1


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = builder.sign(key, hashes.SHA256())
    certificate, private = folder / "tls.pem", folder / "tls.key"
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private
