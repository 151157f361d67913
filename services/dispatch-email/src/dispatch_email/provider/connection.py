"""One connection to the mail server, which knows whether the final dot was written.

aiosmtplib writes the text and the dot at once and reports every disconnect alike; so DATA is done here in two steps:
`offer` ends before the dot (whatever fails there was certainly not sent), `finish` writes the dot and reads the answer.
"""

import re
from asyncio import CancelledError, WriteTransport, sleep
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol, normalize_message_line_endings
from chassis.failpoints import reach
from dispatch_email.domain.replies import Meaning, Reply
from dispatch_email.domain.return_path import Attempt

_LEADING_DOT = re.compile(rb"(?m)^\.")
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")
_PIECE = 16_384
"""Bytes; as much as one TLS record takes."""

_ABOUT_RECIPIENT = (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)
"""What is raised before these answers EHLO, the login or the sender."""


class AnswerMissing(aiosmtplib.SMTPException):
    """The final dot was written and no usable answer came: nobody can tell whether it was taken."""


class OutOfStep(aiosmtplib.SMTPException):
    """The server answered what nobody had asked; its replies can no longer be told apart."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished message and its envelope. `raw` has CRLF line ends and seven bits."""

    attempt: Attempt
    return_path: str
    to: str
    raw: bytes
    notify: str = "FAILURE"
    sender: str = ""

    def is_meant_by(self, words: str) -> bool:
        """Whether a server's words name our addresses and not the recipient."""
        said = words.lower()
        return self.to.lower() not in said and any(
            address.lower() in said for address in (self.return_path, self.sender) if address
        )


@dataclass(frozen=True, slots=True)
class Way:
    """How the server is reached; `options` are aiosmtplib's own."""

    options: Mapping[str, Any] = field(default_factory=dict)
    answer_timeout: float = 600.0
    """Seconds to wait for the answer to the final dot; RFC 5321 4.5.3.2.6 asks for ten minutes."""


class Connection(aiosmtplib.SMTP):
    """`carried` counts messages; `sound` tells whether it may carry another."""

    def __init__(self, way: Way) -> None:
        super().__init__(**way.options)
        self._answer_timeout = way.answer_timeout
        self.carried = 0
        self.idle_since = 0.0
        self._settled = True
        self._letter: Letter | None = None

    @property
    def sound(self) -> bool:
        """Connected, no transaction half done and no reply left over."""
        return self._settled and self.is_connected and not self._leftover

    async def offer(self, letter: Letter) -> Reply | None:
        """Everything up to the last byte before the dot. A reply: it was refused. Raises SMTPException, OSError."""
        self._settled, self._letter = False, letter
        self.carried += 1
        try:
            await self._ehlo_or_helo_if_needed()
            if refusal := self._too_large(letter):
                self._settled = True
                return refusal
            await self.mail(letter.return_path, options=self._mail_options(letter))
            await self.rcpt(letter.to, options=self._rcpt_options(letter))
            await self._open_data()
        except aiosmtplib.SMTPResponseException as error:
            named = letter.is_meant_by(error.message)
            return await self._refused(Reply(error.code, error.message, not isinstance(error, _ABOUT_RECIPIENT), named))
        await self._write(_LEADING_DOT.sub(b"..", normalize_message_line_endings(letter.raw)))
        return None

    async def finish(self) -> Reply | None:
        """Write the dot and read the answer. None: accepted; a reply: refused. Raises AnswerMissing, also when
        cancelled; whatever else is raised means that the dot was not written."""
        protocol = self._live()
        reach("mail.let-go")
        protocol.write(b".\r\n")
        reach("mail.dot-written")
        try:
            code, text = await protocol.read_response(timeout=self._answer_timeout)
        except (aiosmtplib.SMTPException, OSError, CancelledError) as error:
            self.close()
            raise AnswerMissing(type(error).__name__) from error
        if 200 <= code <= 299:
            self._settled = code == 250
            return None
        if 400 <= code <= 599:
            named = self._letter is not None and self._letter.is_meant_by(text)
            reply = Reply(code, text, names_us=named)
            self._settled = reply.meaning not in {Meaning.MEND, Meaning.OURS}
            return reply
        self.close()
        raise AnswerMissing(f"code {code}")

    async def _open_data(self) -> None:
        response = await self.execute_command(b"DATA")
        if response.code != 354:
            raise aiosmtplib.SMTPDataError(response.code, response.message)
        if self._leftover:
            raise OutOfStep("an answer nobody asked for")

    async def _write(self, text: bytes) -> None:
        """Returns when the kernel has taken every byte, so that a connection lost meanwhile is known before the dot.

        Under TLS asyncio counts only what is not encrypted yet, and pauses for good at a limit of 0; what it has
        encrypted is waited for piece by piece, so that at most the last few pieces are still on their way.
        """
        protocol = self._live()
        cast(WriteTransport, protocol.transport).set_write_buffer_limits(high=1, low=0)
        for start in range(0, len(text), _PIECE):
            protocol.write(text[start : start + _PIECE])
            await protocol._drain_helper()
        await sleep(0)
        self._live()

    async def _refused(self, reply: Reply) -> Reply:
        """The envelope is cleared, and the connection stays of use, unless the server quarrels with the session."""
        if reply.meaning in {Meaning.MEND, Meaning.OURS}:
            self.close()
            return reply
        try:
            await self.rset()
            self._settled = True
        except (aiosmtplib.SMTPException, OSError):
            self.close()
        return reply

    def _live(self) -> SMTPProtocol:
        protocol = self.protocol
        if protocol is None or not protocol.is_connected:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        return protocol

    @property
    def _leftover(self) -> bool:
        """Bytes after the reply that was read: aiosmtplib keeps them and would pair them with the next command."""
        return self.protocol is not None and bool(self.protocol._buffer)

    def _too_large(self, letter: Letter) -> Reply | None:
        limit = self.esmtp_extensions.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(letter.raw):
            return Reply(552, "5.3.4 larger than the server takes")
        return None

    def _mail_options(self, letter: Letter) -> list[str]:
        size = [f"SIZE={len(letter.raw)}"] if self.supports_extension("size") else []
        return [*size, "RET=HDRS", f"ENVID={letter.attempt.envelope_id}"] if self._reports else size

    def _rcpt_options(self, letter: Letter) -> list[str]:
        return [f"NOTIFY={letter.notify}", f"ORCPT=rfc822;{xtext(letter.to)}"] if self._reports else []

    @property
    def _reports(self) -> bool:
        return self.supports_extension("dsn")


def xtext(text: str) -> str:
    """RFC 3461 4: everything but printable ASCII, and '+' and '=', as +XX."""
    return _NOT_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", text)
