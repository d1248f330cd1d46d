"""Messages to the user, through the engine (spec: pulumi-provider 1.9, pulumi-cli 9.3).

A resource says something; a background thread sends it. Rules:

- A message is a round trip. Resources never wait for it; a request that said something lasting waits for its own
  messages before it is answered, for a quarter of a second at most, so that they stand at its row.
- The engine asks for the same diff twice in a run with refresh. What was said once about a resource is not said again.
- Every text is scrubbed of secrets. Without an engine (started by hand) messages go to stderr.
- Nothing that goes wrong here may fail a request.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Condition, Lock, Thread
from typing import Any, NamedTuple

import grpc

from winipsec.plugin import stubs
from winipsec.plugin.secrets import Scrubber

DEBUG, INFO, WARNING, ERROR = range(4)
"""Severities, as numbered in `pulumirpc.LogSeverity`."""

_NAMES = ("debug", "info", "warning", "error")
_SEND_SECONDS = 5.0
SETTLE_SECONDS = 0.25


class _Message(NamedTuple):
    severity: int
    text: str
    urn: str
    ephemeral: bool


class EngineLog:
    """The way to the engine's log, shared by all requests of the process."""

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self._queue: SimpleQueue[_Message] = SimpleQueue()
        self._lock = Lock()
        self._moved = Condition(self._lock)
        self._queued = 0
        self._sent = 0
        self._said: set[tuple[str, str]] = set()
        self._address = ""
        self._channel: Any = None
        self._sender: Thread | None = None

    def connect(self, address: str) -> None:
        """Send to the engine at `address` from now on. Another run begins: it hears everything anew."""
        with self._lock:
            if address != self._address:
                self._address, channel, self._channel = address, self._channel, None
                if channel is not None:
                    channel.close()
            self._said.clear()

    def bind(self, urn: str) -> BoundLog:
        """A log whose messages appear at the resource `urn`; at the stack for an empty one."""
        return BoundLog(self, urn)

    def say(self, severity: int, text: str, urn: str, *, ephemeral: bool = False) -> int:
        """Queue a message and return its place in the queue; 0 if the resource has said the same before."""
        text = self._scrubber.scrub(text)
        with self._lock:
            if not ephemeral:
                if (urn, text) in self._said:
                    return 0
                self._said.add((urn, text))
            self._queued += 1
            self._queue.put(_Message(severity, text, urn, ephemeral))
            if self._sender is None:
                self._sender = Thread(target=self._send_all, name="engine-log", daemon=True)
                self._sender.start()
            return self._queued

    def settle(self, place: int | None = None, seconds: float = SETTLE_SECONDS) -> bool:
        """Wait until the message at `place`, or all, have been sent; false if that takes longer than `seconds`."""
        with self._moved:
            last = self._queued if place is None else place
            return self._moved.wait_for(lambda: self._sent >= last, seconds)

    def _send_all(self) -> None:
        while True:
            message = self._queue.get()
            try:
                self._send(message)
            except Exception:  # noqa: BLE001 - a lost message must not cost the run; it is kept on stderr
                _print(message)
            with self._moved:
                self._sent += 1
                self._moved.notify_all()

    def _send(self, message: _Message) -> None:
        engine = stubs.late("engine_pb2")
        with self._lock:
            if self._channel is None and self._address:
                # Proxy variables are meant for the internet, never for the engine next door.
                self._channel = grpc.insecure_channel(self._address, options=[("grpc.enable_http_proxy", 0)])
            channel = self._channel
        if channel is None:
            _print(message)
            return
        stubs.late("engine_pb2_grpc").EngineStub(channel).Log(
            engine.LogRequest(
                severity=message.severity, message=message.text, urn=message.urn, ephemeral=message.ephemeral
            ),
            timeout=_SEND_SECONDS,
        )


def _print(message: _Message) -> None:
    where = f"{message.urn}: " if message.urn else ""
    print(f"{_NAMES[message.severity]}: {where}{message.text}", file=sys.stderr)  # noqa: T201 - the last way out


@dataclass
class BoundLog:
    """The log of one request (`winipsec.resources.resource.Log`); knows the last thing it said that lasts."""

    _engine: EngineLog
    _urn: str
    _last: int = 0

    def debug(self, message: str, *, ephemeral: bool = False) -> None:
        """Say something that only `--debug` shows."""
        self._say(DEBUG, message, ephemeral)

    def info(self, message: str, *, ephemeral: bool = False) -> None:
        """Say something worth knowing; `ephemeral` for progress."""
        self._say(INFO, message, ephemeral)

    def warning(self, message: str, *, ephemeral: bool = False) -> None:
        """Say what the user should look at."""
        self._say(WARNING, message, ephemeral)

    def error(self, message: str, *, ephemeral: bool = False) -> None:
        """Say what went wrong, beside failing."""
        self._say(ERROR, message, ephemeral)

    def settle(self) -> None:
        """Let what this request said arrive before its answer does."""
        if self._last:
            self._engine.settle(self._last)

    def _say(self, severity: int, message: str, ephemeral: bool) -> None:
        place = self._engine.say(severity, message, self._urn, ephemeral=ephemeral)
        if place and not ephemeral:
            self._last = place
