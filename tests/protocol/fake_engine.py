"""The engine's own service, which providers send messages to, and the two ways to have a provider running."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2_grpc
from winipsec.plugin import server
from winipsec.plugin.servicer import Servicer
from winipsec.plugin.session import Catalogue, Session

CHANNEL_OPTIONS = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_metadata_size", 16 * 1024 * 1024),  # as the Go client; error details travel there
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
)


@dataclass(frozen=True)
class Message:
    """One message a provider sent for the user."""

    severity: str
    text: str
    urn: str
    ephemeral: bool


@dataclass
class FakeEngine(engine_pb2_grpc.EngineServicer):
    """Collects messages as the engine's display would."""

    messages: list[Message] = field(default_factory=list)
    delay: float = 0.0
    address: str = ""

    def Log(self, request: Any, _context: Any) -> Empty:  # noqa: N802 - the protocol's name
        """Take a message."""
        time.sleep(self.delay)
        severity = ("debug", "info", "warning", "error")[request.severity]
        self.messages.append(Message(severity, request.message, request.urn, request.ephemeral))
        return Empty()

    def said(self, severity: str) -> list[str]:
        """The texts of one severity, in order."""
        return [message.text for message in self.messages if message.severity == severity]


@contextmanager
def fake_engine(delay: float = 0.0) -> Iterator[FakeEngine]:
    """An engine service on a port of its own."""
    engine = FakeEngine(delay=delay)
    host = grpc.server(ThreadPoolExecutor(4), options=(("grpc.so_reuseport", 0),))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, host)
    engine.address = f"127.0.0.1:{host.add_insecure_port('127.0.0.1:0')}"
    host.start()
    try:
        yield engine
    finally:
        host.stop(None)


@contextmanager
def served(catalogue: Catalogue, *, workers: int = server.WORKERS) -> Iterator[str]:
    """A servicer in this process, over a real socket; yields its address."""
    session = Session(lambda: catalogue)
    host, port = server.start(Servicer(session), workers=workers)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        session.close()
        host.stop(None)


@contextmanager
def spawned(
    *arguments: str,
    env: dict[str, str] | None = None,
    command: tuple[str, ...] = (sys.executable, "-m", "winipsec.plugin"),
) -> Iterator[subprocess.Popen[bytes]]:
    """A plugin process as the engine starts one: stdin and stdout are pipes, the process group is its own."""
    process = subprocess.Popen(
        [*command, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def port_line(process: subprocess.Popen[bytes], seconds: float = 30.0) -> int:
    """The first line on the plugin's stdout, which must be a port."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    assert ready, "no port line"
    line = process.stdout.readline()
    assert line.rstrip(b"\n").isdigit(), f"the first line is {line!r}"
    return int(line)


def channel_to(address: str) -> grpc.Channel:
    """A channel with the engine's limits."""
    return grpc.insecure_channel(address, options=CHANNEL_OPTIONS)


def in_threads(count: int, work: Any) -> list[Any]:
    """Run `work(index)` in that many threads at once and return all results."""
    barrier = threading.Barrier(count)

    def begin(index: int) -> Any:
        barrier.wait()
        return work(index)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))
