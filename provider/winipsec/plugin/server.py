"""The gRPC server of the plugin (spec: pulumi-provider 3.5).

WinRM is blocking, so requests run in plain threads, started when needed: as many as an engine may run operations in
parallel, and then some. What must never wait behind a hundred slow operations has a lane of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from winipsec.plugin import stubs

WORKERS = 128

_PROMPT = ("Cancel", "Attach", "Handshake", "GetPluginInfo")

_OPTIONS = (
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),  # as the engine
    ("grpc.max_send_message_length", -1),
    # Seconds a request may wait for a thread; by default it is cancelled after 30.
    ("grpc.server_max_unrequested_time_in_server", 1800),
    ("grpc.so_reuseport", 0),
)


def start(servicer: Any, address: str = "127.0.0.1:0", *, workers: int = WORKERS) -> tuple[grpc.Server, int]:
    """Serve on `address` and return the server with its port.

    Raises:
        RuntimeError: the address cannot be bound.
    """
    server = grpc.server(ThreadPoolExecutor(workers, thread_name_prefix="request"), options=_OPTIONS)
    lane = ThreadPoolExecutor(2, thread_name_prefix="prompt")
    for name in _PROMPT:
        setattr(servicer, name, _in_lane(getattr(servicer, name), lane))
    stubs.provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port(address)
    server.start()
    return server, port


def _in_lane(method: Callable[..., Any], lane: ThreadPoolExecutor) -> Callable[..., Any]:
    """The method, to be run by threads of its own; grpc looks for that attribute."""

    def serve(request: Any, context: grpc.ServicerContext) -> Any:
        return method(request, context)

    serve.experimental_thread_pool = lane  # type: ignore[attr-defined]
    return serve
