"""DKIM: RSA, Ed25519 or both. Signing an RSA key takes 14 ms in pure Python, so it never runs on the event loop.

RSA goes to processes of its own (Python's lock would stop the loop from a thread too), Ed25519 (0.3 ms) to a thread.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.connection import wait

import dkim
from dispatch_email.domain.signing_key import Key

SIGNED_HEADERS = (
    *("from", "from", "subject", "subject", "to", "date", "message-id", "mime-version", "content-type"),
    *("list-unsubscribe", "list-unsubscribe-post"),
)
"""What is named once more than it occurs cannot be added on the way. The attempt's number stays out."""


def signed(keys: tuple[Key, ...], raw: bytes) -> bytes:
    """The message with a signature of each key in front."""
    headers = b""
    for key in keys:
        headers += dkim.DKIM(raw).sign(
            key.selector.encode(),
            key.domain.encode(),
            key.material,
            signature_algorithm=key.algorithm.encode(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[header.encode() for header in SIGNED_HEADERS],
        )
    return headers + raw


class Signer:
    """Signs off the event loop; without a key it passes messages through."""

    def __init__(self, keys: tuple[Key, ...], *, processes: int) -> None:
        self._keys, self._processes = keys, processes
        self._executor = _executor(keys, processes)

    async def sign(self, raw: bytes) -> bytes:
        """The message, signed. A process that was killed is replaced; raises BrokenExecutor if that one fails too."""
        executor = self._executor
        if executor is None:
            return raw
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(executor, signed, self._keys, raw)
        except BrokenExecutor:
            if self._executor is executor:
                self._executor = _executor(self._keys, self._processes)
            return await loop.run_in_executor(self._executor, signed, self._keys, raw)

    def close(self) -> None:
        """Let the processes go."""
        if self._executor:
            self._executor.shutdown(wait=True, cancel_futures=True)


def _executor(keys: tuple[Key, ...], processes: int) -> Executor | None:
    if not keys:
        return None
    if all(key.algorithm.startswith("ed25519") for key in keys):
        return ThreadPoolExecutor(max_workers=1, thread_name_prefix="dkim")
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, mp_context=context, initializer=_follow_parent)


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end with it even when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(0)
