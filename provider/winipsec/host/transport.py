"""The one seam between us and a host: an envelope out, an envelope back. And the real thing behind it, over pywinrm.

Whatever fits `Transport` can stand in for a host: recorded conversations and fault injectors in tests, the real wire
otherwise. SOAP is not its business: a fault is a reply like any other.

Rules of the real one (spec: winrm 2 and 3.3, 3.5), most of them paid for by others:

- One connection, one message at a time: sealed messages are numbered, and a second connection would break the first.
- http.sys closes a connection that was idle for two minutes; the next message would be sealed with a dead key and
  answered with 400 for ever after. So a connection idle for more than 60 s is not used again.
- 400 means that the host could not read the message: a new session, and the same message again, once.
- 401 is final. No second attempt: it might be the one that locks the account.
- A connection that breaks after a message went out is `Ambiguous`; nothing is sent again here, only `life_cycle` knows
  what may be.
- Nothing from the environment: no proxy, no CA bundle, no .netrc. requests looks for them on every message.
- pywinrm, requests and the TLS store load on first use: a plugin must announce its port before that.
"""

from __future__ import annotations

import sys
from typing import Any, Protocol

from winipsec.errors import HostError, UserError
from winipsec.host.clock import Clock, SystemClock
from winipsec.host.settings import ConnectionSettings

IDLE_LIMIT = 60.0
"""Seconds after which an unused connection is not trusted any more (spec: winrm 3.5)."""

UNREADABLE = "http.400"
"""Code of the error for a message that the host could not decipher and so did not act on (spec: winrm 1.1, 3.3)."""

_SEALED = frozenset({"ntlm", "kerberos", "credssp"})
# Transports that can encrypt messages themselves; over TLS they leave it to TLS (spec: winrm 2.1).

_EXTRAS = {"kerberos": ("HAVE_KERBEROS", "kerberos"), "credssp": ("HAVE_CREDSSP", "credssp")}
# pywinrm's flag for an optional library, and the extra that installs it.


class Transport(Protocol):
    """Carries envelopes to one host. Not for several threads at once."""

    def send(self, envelope: bytes, timeout: float) -> bytes:
        """Send an envelope and return the host's reply, a fault as well.

        Args:
            envelope: The SOAP envelope, UTF-8.
            timeout: Seconds to wait for the reply, and at most for a connection.

        Raises:
            Unreachable: Nothing was sent.
            Unauthorized: The host rejected the logon, so it has not looked at the envelope.
            Ambiguous: The envelope was sent, but the reply never came.
            HostError: HTTP went wrong in another way; the envelope was not acted on.
        """

    def close(self) -> None:
        """End the connection; the next `send` makes a new one."""


class WinrmTransport:
    """`Transport` over pywinrm: NTLM, Basic, Kerberos, CredSSP and certificates, sealed or over TLS."""

    def __init__(self, settings: ConnectionSettings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._pywinrm: Any = None
        self._used = 0.0

    def send(self, envelope: bytes, timeout: float) -> bytes:
        """See `Transport.send`."""
        if self._pywinrm is not None and self._clock.now() - self._used > IDLE_LIMIT:
            self.close()
        try:
            return self._post(envelope, timeout)
        except HostError as error:
            if error.code != UNREADABLE:
                raise
        return self._post(envelope, timeout)

    def close(self) -> None:
        """See `Transport.close`."""
        if self._pywinrm is not None:
            self._pywinrm.close_session()
            self._pywinrm = None

    def _post(self, envelope: bytes, timeout: float) -> bytes:
        from winipsec.host.network_errors import reply_in, translate

        try:
            self._open(timeout)
        except Exception as error:
            self.close()
            raise translate(error, self._settings, sent=False) from error
        try:
            reply: bytes = self._pywinrm.send_message(envelope)
        except Exception as error:
            fault = reply_in(error)
            if fault is None:
                self.close()
                raise translate(error, self._settings, sent=True) from error
            reply = fault
        self._used = self._clock.now()
        return reply

    def _open(self, timeout: float) -> None:
        """Log on, unless that has happened; and set how long the next message may take."""
        from winrm.transport import Transport as Pywinrm

        settings = self._settings
        patience = (min(settings.dial_timeout, timeout), timeout)
        if self._pywinrm is not None:
            self._pywinrm.read_timeout_sec = patience
            return
        settings.require_valid()
        _require_library(settings)
        pywinrm = Pywinrm(
            endpoint=settings.endpoint,
            username=settings.username or None,
            password=settings.password,
            service="HTTP",
            ca_trust_path=settings.ca_file,
            cert_pem=settings.certificate_file,
            cert_key_pem=settings.certificate_key_file,
            # A port that takes connections and says nothing is not waited for as long as a command may run.
            read_timeout_sec=(patience[0], patience[0]),
            server_cert_validation="validate" if settings.verify else "ignore",
            kerberos_delegation=settings.kerberos_delegation,
            kerberos_hostname_override=settings.kerberos_hostname,
            auth_method=settings.transport,
            # The handshake for sealing would start inside build_session, before the session is set up as we want it.
            message_encryption="never",
            proxy=settings.proxy,
        )
        session = pywinrm.build_session()
        session.trust_env = False
        session.max_redirects = 0
        self._pywinrm = pywinrm
        if not settings.https and settings.transport in _SEALED:
            pywinrm.setup_encryption(session)
        pywinrm.read_timeout_sec = patience


def _require_library(settings: ConnectionSettings) -> None:
    import winrm.transport

    flag, extra = _EXTRAS.get(settings.transport, ("", ""))
    if flag and not getattr(winrm.transport, flag):
        raise UserError(
            f"transport {settings.transport} needs a library that is not installed.",
            path="transport",
            code="connection.library",
            host=settings.host,
            advice=f"Install it: {sys.executable} -m pip install 'pywinrm[{extra}]'.",
        )
