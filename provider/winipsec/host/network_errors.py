"""What went wrong on the wire, in our own words: requests, urllib3, spnego and pywinrm exceptions never leak.

The one question that matters is whether the message may have reached the host. Errors of name, dial, TLS handshake and
proxy come before anything is sent; everything after that is `Ambiguous`, unless the host's own status line says that
it did not act.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

from requests import exceptions as http
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError

from winipsec.errors import Ambiguous, Forbidden, HostError, Unauthorized, Unreachable, WinipsecError
from winipsec.host.settings import ConnectionSettings
from winipsec.host.transport import UNREADABLE


class _Wording(NamedTuple):
    kind: type[HostError]
    code: str
    sentence: str
    advice: str


_UNROUTABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL})

_NAME = _Wording(
    Unreachable, "connect.name", "the name is not known", "Check the spelling and this machine's name server."
)
_NO_SOCKET = _Wording(
    Unreachable,
    "connect.refused",
    "the connection was refused on port {port}",
    "Check that WinRM is enabled there (winrm quickconfig) and listens on that port; HTTPS uses 5986.",
)
_NO_ROUTE = _Wording(
    Unreachable, "connect.unroutable", "there is no route to it", "Check the address and the network in between."
)
_SILENT = _Wording(
    Unreachable,
    "connect.silent",
    "nothing answered on port {port} within {dial:g} s",
    "A firewall or an IPsec policy may drop the packets; check address, port and firewall, or raise dialTimeout.",
)
NOBODY = frozenset({_NAME.code, _NO_SOCKET.code, _NO_ROUTE.code, _SILENT.code})
"""The codes of errors where no machine answered at all, or none that runs WinRM."""
_PROXY = _Wording(Unreachable, "connect.proxy", "the proxy did not connect us", "Check the connection's proxy.")
_CERTIFICATE = _Wording(
    Unreachable,
    "tls.certificate",
    "its certificate is not trusted ({detail})",
    "Give the issuing CA as caFile and reach the host by a name in the certificate; verify: false trusts anybody.",
)
_HANDSHAKE = _Wording(
    Unreachable,
    "tls.handshake",
    "TLS did not come up ({detail})",
    "Check that the port speaks HTTPS (5986 by default).",
)
_NOT_CONNECTED = _Wording(
    Unreachable, "connect.failed", "no connection came about ({detail})", "Check address, port and network."
)
_LOST_LOGON = _Wording(
    Unreachable,
    "connect.lost",
    "the connection broke during the logon ({detail})",
    "Check that the port is WinRM's; if the host is busy or restarting, run it again.",
)
_REDIRECT = _Wording(
    HostError, "http.redirect", "the port redirects elsewhere", "That is no WinRM service; check host and port."
)

# Status lines that tell the whole story; the body of a fault comes with 500 (spec: winrm 1.1).
_STATUSES: dict[int, _Wording] = {
    400: _Wording(
        HostError,
        UNREADABLE,
        "the host could not read the message (HTTP 400), not even in a new session",
        "Check that no proxy changes messages in between; restarting the WinRM service may help.",
    ),
    403: _Wording(
        Forbidden, "http.403", "the host forbids the request (HTTP 403)", "Check the WinRM service's IP filters."
    ),
    404: _Wording(
        HostError,
        "http.404",
        "there is no WinRM service at /wsman (HTTP 404)",
        "Check the port; another service answers.",
    ),
    407: _Wording(
        Unreachable, "http.407", "the proxy wants a logon (HTTP 407)", "Put it into the connection's proxy URL."
    ),
    411: _Wording(HostError, "http.411", "the host wants a length (HTTP 411)", "A proxy changes messages; avoid it."),
    413: _Wording(
        HostError,
        "http.413",
        "the message is too large for the host (HTTP 413)",
        "Raise MaxEnvelopeSizekb on the host.",
    ),
    429: _Wording(HostError, "http.429", "the host is overloaded (HTTP 429)", "Run it again later."),
    503: _Wording(
        HostError,
        "http.503",
        "the WinRM service is not available (HTTP 503)",
        "It may be starting; otherwise restart the WinRM service on the host.",
    ),
}

_SCHEMES = {"ntlm": "negotiate", "kerberos": "kerberos", "basic": "basic", "credssp": "credssp"}
# What a host must offer for each transport (spec: winrm 2.1); Kerberos also travels under Negotiate.


# Exceptions that come before a message is sent, in the order in which to look for them among all causes; None: later.
_EARLY: tuple[tuple[tuple[type[BaseException], ...], _Wording | None], ...] = (
    ((http.ProxyError,), _PROXY),
    ((http.TooManyRedirects,), _REDIRECT),
    ((socket.gaierror,), _NAME),
    ((ssl.SSLCertVerificationError,), _CERTIFICATE),
    # An end of file inside TLS can come at any time, also after the message was sent.
    ((ssl.SSLEOFError, ssl.SSLZeroReturnError), None),
    ((ssl.SSLError,), _HANDSHAKE),
    ((http.ConnectTimeout,), _SILENT),
)


def reply_in(error: Exception) -> bytes | None:
    """The SOAP reply that came with an error status (faults come with 500), or None if there is none."""
    if not isinstance(error, WinRMTransportError):
        return None
    text = str(error.response_text)
    return text.encode("utf-8") if "Envelope" in text and "<" in text else None


def translate(error: Exception, settings: ConnectionSettings, *, sent: bool) -> WinipsecError:
    """The error in our own hierarchy.

    Args:
        error: What pywinrm or something below it raised.
        settings: Whom we were talking to.
        sent: Whether the message may have been on its way.
    """
    if isinstance(error, WinipsecError):
        return error
    if isinstance(error, WinRMTransportError):
        return _from_status(error, settings)
    if isinstance(error, InvalidCredentialsError):
        return _unauthorized(error, settings)
    wording = _before_sending(error)
    if wording is not None:
        return _worded(wording, settings, error)
    if not isinstance(error, http.RequestException) and _is_logon(error, sealed=sent):
        return _handshake_failed(error, settings)
    if not sent:
        silent = any(isinstance(cause, TimeoutError | http.Timeout) for cause in _chain(error))
        return _worded(_SILENT if silent else _LOST_LOGON, settings, error)
    return Ambiguous(
        f"the connection to {settings.host} broke before the answer came ({_detail(error)}).", host=settings.host
    )


def _before_sending(error: Exception) -> _Wording | None:
    """The wording for errors that come before anything is sent, or None."""
    chain = list(_chain(error))
    for kinds, wording in _EARLY:
        if any(isinstance(cause, kinds) for cause in chain):
            return wording
    # Python's ssl raises a plain time-out here, told from one of a reply by its (never translated) text only.
    if any(isinstance(cause, TimeoutError) and "handshake" in str(cause) for cause in chain):
        return _SILENT
    # urllib3's name for "no socket"; urllib3 itself is no dependency of ours.
    if not any(type(cause).__name__ == "NewConnectionError" for cause in chain):
        return None
    if any(isinstance(cause, ConnectionRefusedError) for cause in chain):
        return _NO_SOCKET
    if any(isinstance(cause, OSError) and cause.errno in _UNROUTABLE for cause in chain):
        return _NO_ROUTE
    return _NOT_CONNECTED


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it wraps: requests and urllib3 hide the cause in arguments and attributes."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [*current.args, getattr(current, "reason", None), current.__cause__]


def _is_logon(error: Exception, *, sealed: bool) -> bool:
    """Whether an exception comes from the logon rather than from a reply that could not be read."""
    if isinstance(error, PermissionError):
        return True
    origin = type(error).__module__.partition(".")[0]
    kerberos = "kerberos" in type(error).__module__
    # A bad signature on a sealed reply is spnego's as well, but says nothing about the logon.
    return kerberos or (origin == "spnego" and (not sealed or type(error).__name__ != "BadMICError"))


def _detail(error: Exception) -> str:
    """The innermost exception's class and words, on one line."""
    inner = list(_chain(error))[-1]
    words = " ".join(str(inner).split())[:120]
    return f"{type(inner).__name__}: {words}" if words else type(inner).__name__


def _worded(wording: _Wording, settings: ConnectionSettings, error: Exception) -> HostError:
    sentence = wording.sentence.format(port=settings.effective_port, dial=settings.dial_timeout, detail=_detail(error))
    return wording.kind(
        f"cannot connect to {settings.host}: {sentence}.",
        code=wording.code,
        host=settings.host,
        advice=wording.advice,
    )


def _from_status(error: WinRMTransportError, settings: ConnectionSettings) -> HostError:
    status = int(error.code)
    wording = _STATUSES.get(status)
    if wording is not None:
        return wording.kind(
            f"a message to {settings.host}, port {settings.effective_port}, failed: {wording.sentence}.",
            code=wording.code,
            host=settings.host,
            advice=wording.advice,
        )
    # Anything else, such as a gateway's 502: whoever answered may have passed the message on.
    return Ambiguous(
        f"a message to {settings.host} was answered with HTTP {status} and no WinRM fault.",
        code=f"http.{status}",
        host=settings.host,
        advice="Check that the port is WinRM's and that no proxy stands between.",
    )


def _unauthorized(error: InvalidCredentialsError, settings: ConnectionSettings) -> Unauthorized:
    response = getattr(error.__context__, "response", None)
    offered = str(response.headers.get("www-authenticate", "")) if response is not None else ""
    schemes = ", ".join(dict.fromkeys(part.split()[0] for part in offered.split(",") if part.split()))
    wanted = _SCHEMES.get(settings.transport, "")
    missing = bool(schemes) and bool(wanted) and wanted not in schemes.lower()
    who = f"as {settings.username!r} " if settings.username else ""
    return Unauthorized(
        f"{settings.host} rejected the logon {who}with transport {settings.transport} (HTTP 401); "
        f"the host offers {schemes or 'no scheme'}.",
        code="auth.scheme" if missing else "auth.rejected",
        host=settings.host,
        advice=(
            f"Choose a transport that the host offers, or enable {settings.transport} in its WinRM service."
            if missing
            else Unauthorized.default_advice
        ),
    )


def _handshake_failed(error: Exception, settings: ConnectionSettings) -> Unauthorized:
    kerberos = settings.transport == "kerberos"
    return Unauthorized(
        f"the logon to {settings.host} with transport {settings.transport} failed: {_detail(error)}.",
        code="auth.kerberos" if kerberos else "auth.rejected",
        host=settings.host,
        advice=(
            "Check the ticket (klist), the realm and the host's name: kinit first, and set kerberosHostname if needed."
            if kerberos
            else Unauthorized.default_advice
        ),
    )
