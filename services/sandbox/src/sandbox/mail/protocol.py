"""One SMTP connection: aiosmtpd with PIPELINING, DSN, a DATA of our own, and faults at every stage."""

import asyncio
import hmac
import ssl
from collections.abc import Callable
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, Session
from sandbox.faults.active import Faults
from sandbox.faults.rules import Kind, Rule, Stage
from sandbox.mail.acceptance import MailAcceptance, Recipient, Transaction
from sandbox.mail.content import tracking_of
from sandbox.mail.esmtp_parameters import PATH, decoded, parameters_of


class MailProtocol(SMTP):
    """Pipelined commands are answered one after another."""

    line_length_limit = 65_536
    command_size_limit = 2_048

    def __init__(
        self,
        acceptance: MailAcceptance,
        faults: Faults,
        *,
        hostname: str,
        limit: int,
        login: tuple[str, str] | None,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._acceptance, self._faults, self._login, self._limit = acceptance, faults, login, limit
        self._transaction = Transaction()
        self._delivery: str | None = None
        """The delivery id of the transaction that was begun last, for the journal of faults."""
        super().__init__(
            object(),
            hostname=hostname,
            ident="ESMTP Muster sandbox",
            data_size_limit=limit,
            tls_context=tls,
            auth_require_tls=False,
            authenticator=_authenticator(login),
            loop=asyncio.get_running_loop(),
        )

    async def _handle_client(self) -> None:
        if not await self._faulted("connect"):
            await super()._handle_client()

    def _set_post_data_state(self) -> None:
        super()._set_post_data_state()  # type: ignore[no-untyped-call]
        self._transaction = Transaction()

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd finds commands by name
        """Name the extensions."""
        if not hostname:
            await self.push("501 Syntax: EHLO hostname")
            return
        if await self._faulted("ehlo"):
            return
        self._set_rset_state()  # type: ignore[no-untyped-call]
        self._client().extended_smtp, self._client().host_name = True, hostname
        hiding = self._faults.trigger("smtp.without")
        offered = [f"SIZE {self._limit}", "8BITMIME", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES"]
        offered += ["AUTH PLAIN LOGIN"] if self._login else []
        offered += ["STARTTLS"] if self.tls_context and not self._encrypted() else []
        hidden = hiding.extensions if hiding else ()
        lines = [self.hostname, *(line for line in offered if line.split()[0] not in hidden)]
        await self.push("\r\n".join([f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]))

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """Begin a transaction; RET and ENVID are kept for its bounce."""
        if await self.check_helo_needed() or await self.check_auth_needed("MAIL"):
            return
        found = PATH.fullmatch((arg or "").strip())
        parameters = parameters_of(found[3], {"SIZE", "BODY", "RET", "ENVID", "AUTH"}) if found else None
        if found is None or parameters is None or found[1].lower() != "from":
            await self.push("501 5.5.4 Syntax: MAIL FROM:<address> [parameters]")
        elif self._transaction.begun:
            await self.push("503 5.5.1 Error: nested MAIL command")
        elif int(parameters.get("SIZE") or 0) > self._limit:
            await self.push("552 5.3.4 Error: message size exceeds the maximum")
        else:
            envid, ret = decoded(parameters.get("ENVID", "")), parameters.get("RET", "").upper()
            self._delivery, _ = tracking_of(envid)
            if not await self._faulted("mail"):
                self._transaction = Transaction(begun=True, sender=found[2], envid=envid, ret=ret)
                await self.push("250 2.1.0 Ok")

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """Accept or refuse a recipient; NOTIFY and ORCPT are kept."""
        if await self.check_helo_needed() or await self.check_auth_needed("RCPT"):
            return
        found = PATH.fullmatch((arg or "").strip())
        parameters = parameters_of(found[3], {"NOTIFY", "ORCPT"}) if found else None
        if not self._transaction.begun:
            await self.push("503 5.5.1 Error: need MAIL command")
        elif found is None or parameters is None or found[1].lower() != "to" or "@" not in found[2]:
            await self.push("501 5.1.3 Syntax: RCPT TO:<address> [parameters]")
        elif not await self._faulted("rcpt", found[2]):
            refused = self._acceptance.refusal_of(found[2], self._transaction.envid)
            if not refused:
                notify = frozenset(filter(None, parameters.get("NOTIFY", "").upper().split(",")))
                recipient = Recipient(found[2], notify, decoded(parameters.get("ORCPT", "")))
                self._transaction.recipients.append(recipient)
            await self.push(refused or "250 2.1.5 Ok")

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        """Read the message, and accept or refuse it."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        if arg or not self._transaction.recipients:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 Error: need RCPT command")
            return
        to = self._transaction.recipients[0].address
        if await self._faulted("data", to):
            return
        self._acceptance.record_progress(self._transaction, "offered")
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        if await self._faulted("body", to):
            return
        source, fault = await self._read_data()
        if fault:
            self._set_post_data_state()
            await self.push(fault)
            return
        self._transaction.source = source
        await self._finish(to)

    async def _finish(self, to: str) -> None:
        transaction = self._transaction
        self._set_post_data_state()
        await self._delayed("dot", to)
        lost = self._trigger("smtp.disconnect", to, at="dot")
        if lost is None and await self._replied("dot", to):
            return
        reply = await self._acceptance.accept(transaction) if lost is None or lost.accept is not False else ""
        if lost:
            await self._drop()
            return
        await self._delayed("accepted", to)
        await self.push(reply)
        if self._trigger("smtp.disconnect", to, at="accepted"):
            await self._drop(after_flush=True)

    async def _read_data(self) -> tuple[bytes, str]:
        """The message without its dots, or the reply to one that is too large."""
        lines: list[bytes] = []
        size, fault, begun = 0, "", False
        while True:
            try:
                line = await self._reader.readuntil(b"\r\n")
                if not begun:
                    begun = True
                    self._acceptance.record_progress(self._transaction, "begun")
            except asyncio.LimitOverrunError as error:
                await self._reader.readexactly(error.consumed)
                fault = "500 5.5.2 Line too long"
                continue
            if line == b".\r\n":
                return b"".join(lines), fault
            size += len(line)
            if size > self._limit:
                fault = fault or "552 5.3.4 Error: too much mail data"
            if fault:
                lines.clear()
            else:
                lines.append(line[1:] if line.startswith(b".") else line)

    async def smtp_STARTTLS(self, arg: str | None) -> None:  # noqa: N802
        """Go on encrypted; what was sent in the clear after the command is discarded (RFC 3207)."""
        if arg or self.tls_context is None or self._encrypted():
            await self.push("501 5.5.4 Syntax: STARTTLS" if arg else "454 4.7.0 TLS not available")
            return
        await self.push("220 2.0.0 Ready to start TLS")
        self._reader._buffer.clear()  # type: ignore[attr-defined]
        await self._writer.start_tls(self.tls_context)
        self.transport = self._writer.transport
        self._reader._transport = self.transport  # type: ignore[attr-defined]
        self._client().host_name = None
        self._set_rset_state()  # type: ignore[no-untyped-call]

    async def check_auth_needed(self, caller_method: str) -> bool:
        """With a login set, nothing is accepted without it."""
        if self._login and not self._client().authenticated:
            await self.push("530 5.7.0 Authentication required")
            return True
        return False

    def _client(self) -> Session:
        assert self.session is not None
        return self.session

    def _encrypted(self) -> bool:
        return self.transport is not None and self.transport.get_extra_info("sslcontext") is not None

    async def _faulted(self, at: Stage, recipient: str | None = None) -> bool:
        """Whether a fault replaced the usual reply."""
        await self._delayed(at, recipient)
        if self._trigger("smtp.disconnect", recipient, at=at):
            if at == "body":
                await self._reader.read(1)
                self._acceptance.record_progress(self._transaction, "begun")
            await self._drop()
            return True
        return await self._replied(at, recipient)

    def _trigger(self, kind: Kind, recipient: str | None, *, at: Stage) -> Rule | None:
        begun = at not in ("connect", "ehlo")
        return self._faults.trigger(kind, recipient, at=at, delivery=self._delivery if begun else None)

    async def _delayed(self, at: Stage, recipient: str | None) -> None:
        if rule := self._trigger("smtp.delay", recipient, at=at):
            await asyncio.sleep(1.0 if rule.delay is None else rule.delay)

    async def _replied(self, at: Stage, recipient: str | None) -> bool:
        rule = self._trigger("smtp.reply", recipient, at=at)
        if rule is None:
            return False
        await self.push(f"{rule.code} {rule.text}")
        if at in {"data", "dot"}:
            self._set_post_data_state()
        if rule.code == 421 or at == "connect":
            await self._drop(after_flush=True)
        return True

    async def _drop(self, *, after_flush: bool = False) -> None:
        """Close the connection and wait for its end, which cancels this coroutine."""
        if self.transport is not None:
            if after_flush:
                self.transport.close()
            else:
                cast(asyncio.Transport, self.transport).abort()
        await asyncio.Event().wait()


def _authenticator(login: tuple[str, str] | None) -> Callable[..., AuthResult]:
    key = b"" if login is None else "\0".join(login).encode()

    def check(_server: object, _session: object, _envelope: object, _how: str, given: LoginPassword) -> AuthResult:
        right = bool(key) and hmac.compare_digest(given.login + b"\0" + given.password, key)
        return AuthResult(success=right, handled=False)

    return check
