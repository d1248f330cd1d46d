"""`winipsec check`: whether a host can be managed, step by step, each with what to do where it fails.

The steps are the table `STEPS`. Each tries one thing and says what it found, or fails with an error that says what to
do next. The first ones build on each other, so that a failure leaves the rest untried; the last look at one
snapshot of the host and fail on their own.
"""

from __future__ import annotations

import argparse
import json
import socket
import ssl
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from winipsec.cli.connection_options import connection_settings
from winipsec.cli.show import Connect
from winipsec.errors import HostError, Unauthorized, Unreachable, UserError, WinipsecError
from winipsec.host.connection import Connection
from winipsec.host.machine import SERVICE, Service
from winipsec.host.reader import Reader
from winipsec.host.settings import ConnectionSettings
from winipsec.host.snapshot import Snapshot

OK, FAILED, SKIPPED = "ok", "failed", "skipped"


class Result(NamedTuple):
    """What came of one step; `advice` only where it failed."""

    step: str
    status: str
    detail: str
    advice: str = ""


class Skipped(Exception):  # noqa: N818 - not an error: there is nothing to try
    """The step does not apply here; the message says why."""


class Examination:
    """What the steps learn on their way."""

    def __init__(self, settings: ConnectionSettings, connection: Connection) -> None:
        self.settings = settings
        self.connection = connection
        self.refusal: HostError | None = None
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """The host as it is now, read once."""
        if self._snapshot is None:
            self._snapshot = Reader(self.connection).snapshot(cancelled=None)
        return self._snapshot


def _resolve(it: Examination) -> str:
    host = it.settings.host.strip("[]")
    try:
        found = socket.getaddrinfo(host, it.settings.effective_port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(
            f"the name {host} is not known here ({error}).",
            code="connect.name",
            advice="Check the spelling and this machine's name server; an address works as well.",
        ) from None
    return ", ".join(dict.fromkeys(str(item[4][0]) for item in found))


def _dial(it: Examination) -> str:
    port = it.settings.effective_port
    try:
        with _socket(it.settings):
            return f"port {port} answers"
    except TimeoutError:
        raise Unreachable(
            f"nothing answers on port {port} within {it.settings.dial_timeout:g} s.",
            code="connect.silent",
            advice="A firewall or an IPsec policy drops the packets; let TCP through to that port.",
        ) from None
    except OSError as error:
        raise Unreachable(
            f"port {port} cannot be reached ({error.strerror or error}).",
            code="connect.refused",
            advice="Enable WinRM on the host (winrm quickconfig), check the port, or give --port.",
        ) from None


def _handshake(it: Examination) -> str:
    settings = it.settings
    if not settings.https:
        raise Skipped("HTTP; the logon encrypts the messages")
    context = _trust(settings)
    name = settings.host.strip("[]").partition("%")[0]
    try:
        with _socket(settings) as raw, context.wrap_socket(raw, server_hostname=name) as secured:
            version = secured.version()
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(
            f"the host's certificate is not trusted ({error.verify_message}).",
            code="tls.certificate",
            advice="Give the authority that signed it as --ca-file, and the host by a name in the certificate.",
        ) from None
    except OSError as error:
        raise Unreachable(
            f"TLS does not come up ({error}).",
            code="tls.handshake",
            advice="Check that the port speaks HTTPS; HTTP has port 5985 and no --https.",
        ) from None
    return f"{version}, certificate {'trusted' if settings.verify else 'not checked (--insecure)'}"


def _log_on(it: Examination) -> str:
    who = it.settings.username or "the client certificate"
    try:
        it.connection.run("ver", idempotent=True)
    except (Unauthorized, Unreachable, UserError):
        raise
    except HostError as error:
        it.refusal = error
    return f"{it.settings.transport} accepts {who}"


def _read(it: Examination) -> str:
    if it.refusal is not None:
        raise it.refusal
    it.snapshot()
    return "may run commands and read the policy store"


def _service(it: Examination) -> str:
    state = it.snapshot().machine.service
    if state is Service.RUNNING:
        return f"{SERVICE} runs"
    start = f"sc config {SERVICE} start= auto, then " if state is Service.DISABLED else ""
    raise HostError(
        f"{SERVICE} is {state.value}: no policy is in force.",
        code=f"service.{state.value}",
        advice=f"On the host: {start}sc start {SERVICE}.",
    )


def _domain(it: Examination) -> str:
    domain = it.snapshot().machine.domain_policy
    if domain:
        raise HostError(
            f"a domain policy is in force and suspends the local one: {domain}.",
            code="policy.domain",
            advice="Unassign it in Group Policy, or manage this host there.",
        )
    return "no domain policy suspends the local one"


def _active(it: Examination) -> str:
    store = it.snapshot().store
    active = store.active_policy
    if active is None:
        return f"no policy is assigned; {len(store.policies)} in the store"
    return f"{active.name or active.guid!r} with {len(store.rules_of(active.guid))} rules"


class Step(NamedTuple):
    """One thing to try. After a step that `gates` has failed, nothing behind it is tried."""

    name: str
    title: str
    attempt: Callable[[Examination], str]
    gates: bool = True


STEPS = (
    Step("name", "name resolves", _resolve),
    Step("port", "port answers", _dial),
    Step("tls", "TLS", _handshake),
    Step("authentication", "authentication", _log_on),
    Step("rights", "rights", _read),
    Step("service", "service running", _service, gates=False),
    Step("domainPolicy", "domain policy", _domain, gates=False),
    Step("activePolicy", "active policy", _active, gates=False),
)


def run(options: argparse.Namespace, environment: Mapping[str, str], connect: Connect = Connection) -> int:
    """Try all steps and print what came of them; 1 if one failed, else 0.

    Raises:
        UserError: the settings are not usable.
    """
    settings = connection_settings(options, environment)
    connection = connect(settings)
    try:
        results = examine(Examination(settings, connection))
    finally:
        connection.close()
    well = all(result.status != FAILED for result in results)
    if options.json:
        steps = [_document(result) for result in results]
        sys.stdout.write(json.dumps({"host": settings.host, "ok": well, "steps": steps}, indent=2) + "\n")
    else:
        _print(results)
    return 0 if well else 1


def examine(examination: Examination) -> list[Result]:
    """Every step in turn."""
    results = []
    stopped = False
    for step in STEPS:
        if stopped:
            results.append(Result(step.name, SKIPPED, "not tried"))
            continue
        try:
            results.append(Result(step.name, OK, step.attempt(examination)))
        except Skipped as reason:
            results.append(Result(step.name, SKIPPED, str(reason)))
        except WinipsecError as error:
            results.append(Result(step.name, FAILED, error.problem, error.advice))
            stopped = step.gates
    return results


def _document(result: Result) -> dict[str, Any]:
    return {name: value for name, value in result._asdict().items() if value or name != "advice"}


def _print(results: list[Result]) -> None:
    from winipsec.cli.terminal import console, plain

    screen = console()
    styles = {OK: "green", FAILED: "bold red", SKIPPED: "dim"}
    titles = {step.name: step.title for step in STEPS}
    for result in results:
        line = plain(f"{result.status:8}", styles[result.status])
        line.append_text(plain(f"{titles[result.step]:16} {result.detail}"))
        screen.print(line, soft_wrap=True)
        if result.advice:
            screen.print(plain(f"{'':25}{result.advice}"), soft_wrap=True)


def _socket(settings: ConnectionSettings) -> socket.socket:
    address = settings.host.strip("[]"), settings.effective_port
    return socket.create_connection(address, timeout=settings.dial_timeout)


def _trust(settings: ConnectionSettings) -> ssl.SSLContext:
    """The trust that the real connection has: a CA file, else the authorities that requests brings along."""
    if not settings.verify:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if settings.ca_file is not None:
        return ssl.create_default_context(cafile=settings.ca_file)
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
