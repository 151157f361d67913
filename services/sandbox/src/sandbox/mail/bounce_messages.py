"""The messages that come back: delivery status notifications (RFC 3464), bounces in plain words, abuse reports
(RFC 5965), auto-replies."""

from email.header import Header
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.parser import BytesHeaderParser, BytesParser
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from sandbox.mail.acceptance import Recipient
from sandbox.mail.mail_store import Mail

_HOST = "sandbox.invalid"
_DIAGNOSTICS = {
    "5.1.1": "550 5.1.1 <{to}>: Recipient address rejected: User unknown",
    "5.2.2": "552 5.2.2 <{to}>: Mailbox full",
    "4.4.1": "connect to the destination's mail server: Connection timed out",
}


def bounce_message(kind: str, mail: Mail, recipient: Recipient, *, status: str, ret: str) -> bytes:
    """The message that is sent to the envelope sender. `kind`: odd, complaint, vacation, bounce, delayed, delivered."""
    makers = {"odd": _odd, "complaint": _complaint, "vacation": _vacation}
    if kind in makers:
        return makers[kind](mail).as_bytes(policy=SMTP)
    action = {"bounce": "failed", "delayed": "delayed", "delivered": "delivered"}[kind]
    return _report(action, mail, recipient, status, ret).as_bytes(policy=SMTP)


def _report(action: str, mail: Mail, recipient: Recipient, status: str, ret: str) -> Message:
    outer = MIMEMultipart("report", report_type="delivery-status")
    _address(outer, mail, {"failed": "Undelivered Mail Returned to Sender"}.get(action, f"Mail {action}"))
    diagnostic = _DIAGNOSTICS.get(status, "{status} The mail could not be delivered").format(to=mail.to, status=status)
    outer.attach(MIMEText(f"Your message to {mail.to} was {action}.\n\n{diagnostic}\n"))
    about, each = Message(), Message()
    about["Reporting-MTA"] = f"dns; {_HOST}"
    if mail.envid:
        about["Original-Envelope-Id"] = mail.envid
    about["Arrival-Date"] = formatdate(mail.created)
    if recipient.original:
        each["Original-Recipient"] = recipient.original
    each["Final-Recipient"] = f"rfc822; {mail.to}"
    each["Action"] = action
    each["Status"] = status
    if action != "delivered":
        each["Diagnostic-Code"] = f"smtp; {diagnostic}"
    outer.attach(_fields("delivery-status", about, each))
    outer.attach(_original(mail, whole=ret == "FULL"))
    return outer


def _original(mail: Mail, *, whole: bool) -> Message:
    if whole:
        return MIMEMessage(BytesParser().parsebytes(mail.source))
    headers = MIMENonMultipart("text", "rfc822-headers")
    headers.set_payload(BytesHeaderParser().parsebytes(mail.source).as_string().split("\n\n", 1)[0] + "\n")
    return headers


def _fields(subtype: str, *groups: Message) -> MIMEBase:
    part = MIMEBase("message", subtype)
    part.set_payload(list(groups))
    return part


def _odd(mail: Mail) -> Message:
    """In plain words only, as some servers write it."""
    text = f"Hi. This is the mail program at {_HOST}.\nYour message could not be delivered. I've given up.\n\n"
    message = MIMEText(f"{text}<{mail.to}>:\nSorry, no mailbox here by that name. (#5.1.1)\n")
    _address(message, mail, "failure notice")
    return message


def _complaint(mail: Mail) -> Message:
    outer = MIMEMultipart("report", report_type="feedback-report")
    _address(outer, mail, f"FW: {mail.subject}")
    outer.attach(MIMEText("This is an abuse report for a mail that its recipient marked as spam.\n"))
    report = Message()
    report["Feedback-Type"] = "abuse"
    report["User-Agent"] = "Muster-Sandbox/1"
    report["Version"] = "1"
    report["Original-Mail-From"] = f"<{mail.sender}>"
    report["Original-Rcpt-To"] = f"<{mail.to}>"
    outer.attach(_fields("feedback-report", report))
    outer.attach(MIMEMessage(BytesParser().parsebytes(mail.source)))
    return outer


def _vacation(mail: Mail) -> Message:
    message = EmailMessage()
    message.set_content("I am away and read my mail again next week.\n")
    message["From"] = mail.to
    message["To"] = mail.sender
    message["Subject"] = "Out of office"
    message["Auto-Submitted"] = "auto-replied"
    message["In-Reply-To"] = mail.message_id
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=_HOST)
    return message


def _address(message: Message, mail: Mail, subject: str) -> None:
    message["From"] = f"Mail Delivery System <MAILER-DAEMON@{_HOST}>"
    message["To"] = mail.sender
    message["Subject"] = subject if subject.isascii() else Header(subject, "utf-8").encode()
    message["Auto-Submitted"] = "auto-replied"
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=_HOST)
