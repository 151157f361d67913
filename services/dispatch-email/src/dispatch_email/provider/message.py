"""A message as it goes out: text, HTML if there is any, and the headers that let a member leave with one click.

Seven bits only, so that no server on the way needs to rewrite it and break a signature.
"""

import re
from datetime import datetime
from email import utils
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

from dispatch.provider import Outbound

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_DOMAIN = re.compile(r"(?=.{1,255}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_LONG_WORD = 60


class Unsendable(ValueError):
    """No message can be made of this. `code` as in RFC 3463."""

    def __init__(self, code: str, reason: str, *, address_bad: bool = False) -> None:
        super().__init__(reason)
        self.code, self.reason, self.address_bad = code, reason, address_bad


class _Policy(EmailPolicy):
    """Folds where the standard library's newer folding fails: it makes encoded words of links, and of long foreign
    subjects words over 75 octets with blanks lost between them."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        folded = self._own(name, value)
        return super().fold_binary(name, value) if folded is None else f"{name}: {folded}\r\n".encode("ascii")

    def _own(self, name: str, value: Any) -> str | None:
        match name.lower():
            case "list-unsubscribe" | "message-id":
                return str(value)
            case "subject":
                return _encoded(str(value), name)
            case "from" | "to":
                return _mailbox_line(value.addresses[0], name)
            case _:
                return None


def _mailbox_line(address: Address, name: str) -> str:
    line = one_line(address.display_name)
    if not line:
        return address.addr_spec
    if _plain(line) and len(line) < _LONG_WORD:
        return utils.formataddr((line, address.addr_spec))
    return f"{_encoded(line, name)}\r\n <{address.addr_spec}>"


def _encoded(text: str, name: str) -> str:
    """Folded; as encoded words where it is not plain."""
    line = one_line(text)
    charset = "us-ascii" if _plain(line) else "utf-8"
    return Header(line, charset, maxlinelen=75, header_name=name).encode(linesep="\r\n")


def _plain(line: str) -> bool:
    """ASCII, nothing that reads as an encoded word, no word too long for a line."""
    return line.isascii() and "=?" not in line and all(len(word) < _LONG_WORD for word in line.split())


_POLICY = _Policy(linesep="\r\n", cte_type="7bit", max_line_length=78)


def mailbox(address: str) -> str:
    """An addr-spec that any server takes: an international domain as its ASCII form. Raises Unsendable."""
    local, _, domain = address.strip().rpartition("@")
    if not local.isascii():
        raise Unsendable("5.6.7", "address_not_ascii", address_bad=True)
    try:
        plain = domain.encode("idna").decode()
    except UnicodeError:
        plain = ""
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(plain):
        raise Unsendable("5.1.3", "address_malformed", address_bad=True)
    return f"{local}@{plain}"


def build(outbound: Outbound, *, to: str, sender: str, domain: str, at: datetime) -> bytes:
    """The message as bytes with CRLF line ends. `to` and `sender` are mailboxes. Raises Unsendable."""
    message = EmailMessage(policy=_POLICY)
    try:
        message["From"] = _address(sender, one_line(outbound.display_name))
        message["To"] = _address(to)
        message["Subject"] = one_line(outbound.subject)
        message["Date"] = utils.format_datetime(at)
        message["Message-ID"] = f"<{outbound.delivery_id}@{domain}>"
        message["X-Muster-Attempt"] = str(outbound.gen)
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = one_line(outbound.language)
        if outbound.unsubscribe_link:
            message["List-Unsubscribe"] = f"<{outbound.unsubscribe_link}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(outbound.text)
        if outbound.html:
            message.add_alternative(outbound.html, subtype="html")
        return message.as_bytes()
    except (ValueError, MessageError) as error:
        raise Unsendable("5.6.0", "content_malformed") from error


def _address(mailbox_: str, display_name: str = "") -> Address:
    """From its two halves: the standard library would decode an encoded word in an addr-spec."""
    local, _, domain = mailbox_.rpartition("@")
    return Address(display_name, local, domain)


def one_line(text: str) -> str:
    """Line breaks and controls as one blank: nothing in a header starts a second one."""
    return _CONTROLS.sub(" ", text).strip()
