"""Mail as it comes back, in the shapes that systems give it."""

from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText


def dsn(*groups: dict[str, str], about: dict[str, str] | None = None, words: str = "It did not arrive.") -> bytes:
    """A multipart/report of RFC 3464; a group of fields for each address."""
    outer = MIMEMultipart("report", report_type="delivery-status")
    outer["From"], outer["Subject"] = "MAILER-DAEMON@mx.example", "Undelivered Mail Returned to Sender"
    outer["Auto-Submitted"] = "auto-replied"
    outer.attach(MIMEText(words))
    outer.attach(_fields("delivery-status", about or {"Reporting-MTA": "dns; mx.example"}, *groups))
    returned = MIMEText("From: news@union.example\nTo: member@branch.example\nSubject: The ballot\n", "rfc822-headers")
    outer.attach(returned)
    return outer.as_bytes()


def failed(status: str = "5.1.1", action: str = "failed") -> bytes:
    """About one address."""
    return dsn({"Final-Recipient": "rfc822; member@branch.example", "Action": action, "Status": status})


def complaint(return_path: str = "", kind: str = "abuse") -> bytes:
    """A feedback report of RFC 5965."""
    outer = MIMEMultipart("report", report_type="feedback-report")
    outer["From"], outer["Subject"] = "fbl@provider.example", "FW: The ballot"
    outer.attach(MIMEText("This is an abuse report."))
    fields = {"Feedback-Type": kind, "User-Agent": "Provider/1", "Version": "1"}
    outer.attach(_fields("feedback-report", fields | ({"Original-Mail-From": return_path} if return_path else {})))
    outer.attach(MIMEText("From: news@union.example\nSubject: The ballot\n", "rfc822-headers"))
    return outer.as_bytes()


def qmail(status: str = "#5.1.1") -> bytes:
    """Plain words."""
    message = EmailMessage()
    message["From"], message["Subject"] = "MAILER-DAEMON@mx.example", "failure notice"
    message.set_content(
        "Hi. This is the qmail-send program at mx.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<member@branch.example>:\nSorry, no mailbox here by that name. ({status})\n\n"
        "--- Below this line is a copy of the message.\n"
    )
    return message.as_bytes()


def vacation() -> bytes:
    """An auto-reply."""
    message = EmailMessage()
    message["From"], message["Subject"] = "member@branch.example", "Out of office"
    message["Auto-Submitted"] = "auto-replied"
    message.set_content("I am away until Monday.\n")
    return message.as_bytes()


def plain(text: str = "Hello, who are you?") -> bytes:
    """Somebody wrote to the return path."""
    message = EmailMessage()
    message["From"], message["Subject"] = "somebody@x.example", "Hello"
    message.set_content(text)
    return message.as_bytes()


def _fields(subtype: str, *groups: dict[str, str]) -> Message:
    part = MIMEBase("message", subtype)
    part.set_payload([_group(group) for group in groups])
    return part


def _group(fields: dict[str, str]) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name] = value
    return message
