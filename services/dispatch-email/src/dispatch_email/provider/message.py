"""A message as it goes out: text, HTML if there is any, and the headers that let a member leave with one click.

Seven bits only, so that no server on the way needs to rewrite it and break a signature. The body is the standard
library's older form: `EmailMessage` takes 4 ms a message, ten times as long. The headers are written here: the library
makes encoded words of long links, loses blanks in long foreign subjects and decodes encoded words into line breaks.
"""

import re
from datetime import datetime
from email import utils
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32

from contracts.mail_domains import ascii_domain
from dispatch.provider import Outbound

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_DOMAIN = re.compile(r"(?=.{1,255}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_LONG_WORD, _LONG_LINE = 60, 70
_CRLF = compat32.clone(linesep="\r\n")
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP


class Unsendable(ValueError):
    """No message can be made of this. `code` as in RFC 3463."""

    def __init__(self, code: str, reason: str, *, address_bad: bool = False) -> None:
        super().__init__(reason)
        self.code, self.reason, self.address_bad = code, reason, address_bad


class OurAddress(Exception):
    """A sender that no server takes: our own fault, which no member's address is to bear."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = f"sender_{reason}"


def build(outbound: Outbound, *, to: str, sender: str, domain: str, at: datetime) -> bytes:
    """The message as bytes with CRLF line ends. `to` and `sender` are mailboxes. Raises Unsendable."""
    try:
        return _head(outbound, to, sender, domain, at) + _body(outbound)
    except UnicodeError as error:
        raise Unsendable("5.6.0", "content_malformed") from error


def mailbox(address: str) -> str:
    """An addr-spec that any server takes: an international domain as its ASCII form. Raises Unsendable."""
    local, _, domain = address.strip().rpartition("@")
    if not local.isascii():
        raise Unsendable("5.6.7", "address_not_ascii", address_bad=True)
    try:
        plain = ascii_domain(domain)
    except ValueError:
        plain = ""
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(plain):
        raise Unsendable("5.1.3", "address_malformed", address_bad=True)
    return f"{local}@{plain}"


def our_mailbox(address: str) -> str:
    """The same for a sender. Raises OurAddress."""
    try:
        return mailbox(address)
    except Unsendable as fault:
        raise OurAddress(fault.reason) from fault


def as_kept(address: str) -> str | None:
    """An address as members have it, without blanks around it; None for what no server takes."""
    try:
        mailbox(address)
    except Unsendable:
        return None
    return address.strip()


def one_line(text: str) -> str:
    """Line breaks and controls as one blank: nothing in a header starts a second one."""
    return _CONTROLS.sub(" ", text).strip()


def _head(outbound: Outbound, to: str, sender: str, domain: str, at: datetime) -> bytes:
    fields = {
        "From": _named(sender, outbound.display_name),
        "To": to,
        "Subject": _words(outbound.subject, "Subject"),
        "Date": utils.format_datetime(at),
        "Message-ID": f"<{outbound.delivery_id}@{domain}>",
        "X-Muster-Attempt": str(outbound.gen),
        "Auto-Submitted": "auto-generated",
    }
    if outbound.language:
        fields["Content-Language"] = _words(outbound.language, "Content-Language")
    if outbound.unsubscribe_link:
        fields["List-Unsubscribe"] = f"<{one_line(outbound.unsubscribe_link)}>"
        fields["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode("ascii")


def _body(outbound: Outbound) -> bytes:
    text = _part(outbound.text, "plain")
    if not outbound.html:
        return text.as_bytes(policy=_CRLF)
    parts = [text, _part(outbound.html, "html")]
    # In quoted-printable "=_" cannot occur, so that no text ever looks like the boundary.
    both = MIMEMultipart("alternative", f"=_{outbound.delivery_id.hex}", parts)
    return both.as_bytes(policy=_CRLF)


def _part(text: str, kind: str) -> Message:
    text.encode("utf-8")  # half a character is refused; the library would let some through
    part = MIMENonMultipart("text", kind)
    part.set_payload("\n".join(text.splitlines()) + "\n", _UTF8)
    return part


def _named(address: str, display_name: str) -> str:
    line = one_line(display_name)
    if _plain(line) and len(line) < _LONG_LINE:
        return utils.formataddr((line, address))
    # Encoded words hold what would else end the name: a comma, a bracket (RFC 2047 5.3).
    return f"{Header(line, 'utf-8', maxlinelen=75, header_name='From').encode(linesep=_CRLF.linesep)}\r\n <{address}>"


def _words(text: str, header: str) -> str:
    """Folded; as encoded words where it is not plain."""
    line = one_line(text)
    if _plain(line) and len(header) + len(line) < _LONG_LINE:
        return line
    charset = "us-ascii" if _plain(line) else "utf-8"
    return Header(line, charset, maxlinelen=75, header_name=header).encode(linesep="\r\n")


def _plain(line: str) -> bool:
    """ASCII, nothing that reads as an encoded word, no word too long for a line."""
    return line.isascii() and "=?" not in line and all(len(word) < _LONG_WORD for word in line.split())
