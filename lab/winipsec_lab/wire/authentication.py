"""Authentication of one TCP connection (spec: winrm 2.2, whose six rules the methods below cite).

Basic and client certificates authenticate a request; Negotiate and CredSSP authenticate the connection, and their
context also seals messages. Negotiate takes raw NTLM, SPNEGO with NTLM, and, where python-gssapi and a keytab exist,
Kerberos: exactly what pyspnego's acceptor offers. Without python-gssapi a Kerberos token is refused with 401.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from winipsec_lab.wire.accounts import Accounts
from winipsec_lab.wire.certificates import user_of
from winipsec_lab.wire.settings import Service
from winipsec_lab.wire.shells import Caller

if TYPE_CHECKING:
    from spnego import ContextProxy
    from spnego.channel_bindings import GssChannelBindings

_LOGGER = logging.getLogger(__name__)

MUTUAL: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
_BASIC_REALM: Final = 'Basic realm="WSMAN"'


@dataclass(frozen=True)
class Accepted:
    """The request may be processed."""

    caller: Caller
    token: str = ""
    """Value of `WWW-Authenticate` on the 200 answer; empty for none."""


@dataclass(frozen=True)
class Refused:
    """401 with these `WWW-Authenticate` values."""

    offers: tuple[str, ...]


class Authenticator:
    """The state machine of one connection.

    Args:
        accounts: Who may log on.
        service: Gives the current configuration.
        binding: `tls-server-end-point` data over TLS, None over HTTP.
        certificate: The client's certificate (DER), if it presented one.
    """

    def __init__(
        self,
        accounts: Accounts,
        service: Callable[[], Service],
        *,
        binding: bytes | None = None,
        certificate: bytes | None = None,
    ) -> None:
        self._accounts = accounts
        self._service = service
        self._binding = binding
        self._certificate = certificate
        self._scheme = ""
        self._caller: Caller | None = None
        self.context: ContextProxy | None = None

    @property
    def tls(self) -> bool:
        """Whether the connection is HTTPS."""
        return self._binding is not None

    @property
    def established(self) -> bool:
        """Whether a context has authenticated this connection."""
        return self._caller is not None

    def forget(self) -> None:
        """Drop the context: the next request must authenticate again."""
        self._scheme, self._caller, self.context = "", None, None

    def offers(self) -> tuple[str, ...]:
        """What a real host offers; never `NTLM`, which clients would prefer (spec: winrm 2.1)."""
        service = self._service()
        offers = ["Negotiate", "Kerberos"] if service.negotiate else []
        if service.basic and (self.tls or service.allow_unencrypted):
            offers.append(_BASIC_REALM)
        if service.credssp:
            offers.append("CredSSP")
        return tuple(offers)

    def step(self, authorization: str | None, content_length: int) -> Accepted | Refused:
        """Judge a request by its `Authorization` header."""
        if not authorization:
            # Rule 3, and rule 4: an empty body without a header is a question for the offers, always.
            if self._caller is not None and content_length > 0:
                return Accepted(self._caller)
            return Refused(self.offers())
        scheme, _, text = authorization.partition(" ")
        service = self._service()
        if authorization.strip() == MUTUAL:
            return self._mutual(service)
        if scheme.lower() == "basic":
            return self._basic(service, text)
        if scheme.lower() in {"negotiate", "kerberos", "ntlm"} and service.negotiate:
            return self._negotiate(scheme, text)
        if scheme.lower() == "credssp" and service.credssp:
            return self._negotiate(scheme, text)
        return Refused(self.offers())

    def _basic(self, service: Service, text: str) -> Accepted | Refused:
        """Rule 1: authenticates this request only."""
        if service.basic and (self.tls or service.allow_unencrypted):
            try:
                name, _, password = base64.b64decode(text).decode("utf-8", "replace").partition(":")
            except binascii.Error:
                return Refused(self.offers())
            caller = self._accounts.check(name, password)
            if caller is not None:
                return Accepted(caller)
        return Refused(self.offers())

    def _mutual(self, service: Service) -> Accepted | Refused:
        """A client certificate, which the TLS layer has verified (spec: winrm 2.3, last paragraph)."""
        if service.certificate and self._certificate is not None:
            caller = self._accounts.caller(user_of(self._certificate))
            if caller is not None:
                return Accepted(caller)
        return Refused(self.offers())

    def _negotiate(self, scheme: str, text: str) -> Accepted | Refused:
        """Rule 2: one leg of a handshake; rule 5: whatever goes wrong drops the context."""
        try:
            token = base64.b64decode(text, validate=True)
        except binascii.Error:
            token = b""
        if not token:
            self.forget()
            return Refused(self.offers())
        if self.context is None or self.context.complete or scheme.lower() != self._scheme.lower():
            self.forget()
            self._scheme = scheme
        try:
            with self._accounts.acceptor():
                answer = self._advance(token)
        except Exception as error:  # noqa: BLE001 - the library raises whatever its backend does
            _LOGGER.info("a logon was refused: %s", type(error).__name__)
            self.forget()
            return Refused(self.offers())
        header = f"{self._scheme} {base64.b64encode(answer).decode()}" if answer else ""
        if self.context is None or not self.context.complete:
            return Refused((header or self._scheme,))
        self._caller = self._accounts.caller(self.context.client_principal or "")
        if self._caller is None:
            self.forget()
            return Refused(self.offers())
        return Accepted(self._caller, header)

    def _advance(self, token: bytes) -> bytes:
        if self.context is None:
            self.context = self._new_context()
        if isinstance(self._binding, bytes) and self._scheme.lower() != "credssp":
            return self._bound_step(self.context, token)
        return self.context.step(token) or b""

    def _bound_step(self, context: ContextProxy, token: bytes) -> bytes:
        """A leg over TLS: CbtHardeningLevel decides about missing bindings, wrong ones are always refused."""
        from spnego.channel_bindings import GssChannelBindings
        from spnego.exceptions import BadBindingsError

        level = self._service().channel_binding
        if level == "none":
            return context.step(token) or b""
        bindings: GssChannelBindings = GssChannelBindings(application_data=self._binding)
        try:
            return context.step(token, channel_bindings=bindings) or b""
        except BadBindingsError as error:
            if level == "strict" or "not present" not in str(error):
                raise
        return context.step(token) or b""

    def _new_context(self) -> ContextProxy:
        import spnego

        if self._scheme.lower() == "credssp":
            return spnego.server(protocol="credssp")
        arguments: dict[str, Any] = {"protocol": "negotiate", "options": spnego.NegotiateOptions.use_negotiate}
        return spnego.server(**arguments)
