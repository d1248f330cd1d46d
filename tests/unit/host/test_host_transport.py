"""The real transport against a small HTTP server: every way to fail has its own error, and no library's leaks."""

import errno
import os
import socket
import ssl
import struct
import subprocess
import sys
import time

import pytest
import requests
import spnego.exceptions
import urllib3.util.connection
from http_server import SOAP, Server, certificate
from scripted_host import FakeClock
from winipsec.errors import Ambiguous, Forbidden, HostError, Unauthorized, Unreachable, UserError, WinipsecError
from winipsec.host.network_errors import translate
from winipsec.host.settings import ConnectionSettings
from winipsec.host.transport import WinrmTransport

PASSWORD = "s3cret-Pa55"
OFFERS = (("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "Kerberos"))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Certificate and key of the server."""
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(files):
    """An HTTPS server."""
    server = Server(files)
    yield server
    server.stop()


@pytest.fixture
def clear_server():
    """An HTTP server."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def clock():
    """A clock that tests turn."""
    return FakeClock()


@pytest.fixture
def transport(server, files, clock):
    """Basic over TLS to the server."""
    return WinrmTransport(
        ConnectionSettings(
            "127.0.0.1", "deploy", PASSWORD, port=server.port, transport="basic", https=True, ca_file=files[0]
        ),
        clock,
    )


def ntlm(port, **changes):
    """NTLM in clear, as far as it gets."""
    return WinrmTransport(ConnectionSettings("127.0.0.1", "deploy", PASSWORD, port=port, **changes))


def failing(transport, timeout=5.0):
    """The error that a message ends with, checked for secrets and leaks."""
    with pytest.raises(WinipsecError) as caught:
        transport.send(b"<x/>", timeout)
    error = caught.value
    assert PASSWORD not in f"{error} {error!r} {vars(error)}"
    assert "127.0.0.1" in str(error) or error.host == "web1"
    assert error.advice
    return error


class TestExchange:
    """A message and its reply."""

    def test_reply(self, server, transport):
        """What the host says comes back as it is, over one connection."""
        assert [transport.send(b"<x/>", 5), transport.send(b"<y/>", 5)] == [SOAP, SOAP]
        assert [body for _, body in server.requests] == [b"<x/>", b"<y/>"]
        assert len(server.connections) == 1
        assert server.requests[0][0]["Content-Type"] == "application/soap+xml;charset=UTF-8"

    def test_fault_is_a_reply(self, server, transport):
        """Faults come with 500; SOAP is not the transport's business, and the connection stays."""
        server.answers = [(500, (), SOAP), (200, (), SOAP)]
        assert transport.send(b"<x/>", 5) == SOAP
        transport.send(b"<x/>", 5)
        assert len(server.connections) == 1

    def test_close_means_a_new_connection(self, server, transport):
        """As the confirmed commit needs it."""
        transport.send(b"<x/>", 5)
        transport.close()
        transport.send(b"<x/>", 5)
        assert len(server.connections) == 2

    def test_idle_connection_is_not_trusted(self, server, transport, clock):
        """60 s are allowed, more are not."""
        transport.send(b"<x/>", 5)
        clock.time += 60
        transport.send(b"<x/>", 5)
        assert len(server.connections) == 1
        clock.time += 60.5
        transport.send(b"<x/>", 5)
        assert len(server.connections) == 2

    def test_nothing_from_the_environment(self, server, transport, monkeypatch, tmp_path):
        """Neither proxy nor CA bundle nor .netrc."""
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password wrong\n")
        for name, value in {
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "ALL_PROXY": "http://127.0.0.1:9",
            "REQUESTS_CA_BUNDLE": "/nowhere.pem",
            "NETRC": str(tmp_path / ".netrc"),
        }.items():
            monkeypatch.setenv(name, value)
        assert transport.send(b"<x/>", 5) == SOAP
        assert server.requests[0][0]["Authorization"].startswith("Basic ")


class TestUnreachable:
    """Before anything is sent."""

    def test_refused(self):
        """A closed port."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        error = failing(ntlm(port))
        assert (type(error), error.code) == (Unreachable, "connect.refused")
        assert str(port) in str(error)

    @pytest.mark.parametrize(
        ("raised", "code"),
        [
            (socket.gaierror(-2, "Name or service not known"), "connect.name"),
            (TimeoutError("timed out"), "connect.silent"),
            (OSError(errno.EHOSTUNREACH, "No route to host"), "connect.unroutable"),
            (OSError(errno.ENETUNREACH, "Network is unreachable"), "connect.unroutable"),
            (OSError(errno.EMFILE, "Too many open files"), "connect.failed"),
        ],
    )
    def test_no_socket(self, monkeypatch, raised, code):
        """Whatever the system says when a connection does not come about."""

        def create_connection(*_, **__):
            raise raised

        monkeypatch.setattr(urllib3.util.connection, "create_connection", create_connection)
        error = failing(ntlm(5985))
        assert (type(error), error.code) == (Unreachable, code)

    def test_dial_timeout_is_short(self, monkeypatch):
        """It is the setting, or the message's own deadline if that is shorter."""
        seen = []

        def create_connection(_, timeout=None, *__, **___):
            seen.append(timeout)
            raise TimeoutError

        monkeypatch.setattr(urllib3.util.connection, "create_connection", create_connection)
        for timeout in (30, 3):
            failing(ntlm(5985, dial_timeout=10), timeout)
        assert seen == [10, 3]

    def test_certificate_not_trusted(self, server):
        """Nothing was sent to whoever that was."""
        error = failing(
            WinrmTransport(
                ConnectionSettings("127.0.0.1", "deploy", PASSWORD, port=server.port, transport="basic", https=True)
            )
        )
        assert (type(error), error.code) == (Unreachable, "tls.certificate")
        assert server.requests == []

    def test_certificate_not_checked(self, server):
        """Only when told so."""
        settings = ConnectionSettings(
            "127.0.0.1", "deploy", PASSWORD, port=server.port, transport="basic", https=True, verify=False
        )
        assert WinrmTransport(settings).send(b"<x/>", 5) == SOAP

    def test_no_tls_on_the_port(self, clear_server):
        """HTTPS to an HTTP port."""
        error = failing(ntlm(clear_server.port, https=True))
        assert (type(error), error.code) == (Unreachable, "tls.handshake")

    def test_proxy_that_is_not_there(self, server):
        """The proxy is named, not the host."""
        error = failing(ntlm(server.port, https=True, proxy="http://127.0.0.1:9"))
        assert (type(error), error.code) == (Unreachable, "connect.proxy")

    @pytest.mark.parametrize(
        ("answer", "code"), [("hang up", "connect.lost"), ("cut", "connect.lost"), ("silence", "connect.silent")]
    )
    def test_break_during_the_logon(self, clear_server, answer, code):
        """The first message of NTLM is empty, so nothing of ours was sent."""
        clear_server.answers = [answer]
        error = failing(ntlm(clear_server.port), 0.3)
        assert (type(error), error.code) == (Unreachable, code)

    @pytest.mark.parametrize("https", [False, True])
    def test_port_that_takes_connections_and_says_nothing(self, https):
        """Such a port is not waited for longer than a dial, in clear or under TLS."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            settings = ConnectionSettings(
                "127.0.0.1", "deploy", PASSWORD, port=listener.getsockname()[1], https=https, dial_timeout=0.2
            )
            begun = time.monotonic()
            error = failing(WinrmTransport(settings), 60)
        assert (type(error), error.code) == (Unreachable, "connect.silent")
        assert time.monotonic() - begun < 10


class TestUnauthorized:
    """401 is final."""

    def test_wrong_password_with_basic(self, server, transport):
        """One request; the error says what was tried and what is offered."""
        server.answers = [(401, (("WWW-Authenticate", 'Basic realm="WSMAN"'), *OFFERS), b"")]
        error = failing(transport)
        assert (type(error), error.code) == (Unauthorized, "auth.rejected")
        assert "basic" in str(error)
        assert "Negotiate, Kerberos" in str(error)
        assert len(server.requests) == 1

    def test_scheme_that_is_not_offered(self, server, transport):
        """Basic is disabled: no wrong password at all."""
        server.answers = [(401, OFFERS, b"")]
        error = failing(transport)
        assert (type(error), error.code) == (Unauthorized, "auth.scheme")

    def test_host_that_breaks_off_ntlm(self, clear_server):
        """No challenge came: requests_ntlm's PermissionError does not leak, and the type 1 token went out once."""
        clear_server.answers = [(401, OFFERS, b"")]
        error = failing(ntlm(clear_server.port))
        assert (type(error), error.code) == (Unauthorized, "auth.rejected")
        tokens = [headers["Authorization"] for headers, _ in clear_server.requests if "Authorization" in headers]
        assert len(tokens) == 1

    def test_nothing_is_sent_in_clear_after_a_failed_logon(self, clear_server):
        """Pywinrm would send the next message unsealed over the session it has."""
        clear_server.answers = [(401, OFFERS, b"")]
        transport = ntlm(clear_server.port)
        failing(transport)
        failing(transport)
        assert {body for _, body in clear_server.requests} == {b""}

    def test_bad_challenge(self, clear_server):
        """Nonsense instead of a challenge is no rejected password, and spnego's exceptions do not leak."""
        clear_server.answers = [
            (401, OFFERS, b""),
            (401, (("WWW-Authenticate", "Negotiate Z2FyYmFnZS10b2tlbg=="),), b""),
        ]
        assert type(failing(ntlm(clear_server.port))) is Unreachable


class TestStatus:
    """HTTP went wrong."""

    def test_unreadable_message_is_sent_again_once(self, server, transport):
        """400: the host could not decipher it; a new connection, the same message."""
        server.answers = [(400, (), b""), (200, (), SOAP)]
        assert transport.send(b"<x/>", 5) == SOAP
        assert [body for _, body in server.requests] == [b"<x/>", b"<x/>"]
        assert len(server.connections) == 2

    def test_unreadable_twice(self, server, transport):
        """Then it is an error, and not an endless one."""
        server.answers = [(400, (), b"")]
        error = failing(transport)
        assert (type(error), error.code) == (HostError, "http.400")
        assert len(server.requests) == 2

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (403, Forbidden),
            (404, HostError),
            (407, Unreachable),
            (411, HostError),
            (413, HostError),
            (429, HostError),
            (503, HostError),
            (500, Ambiguous),
            (502, Ambiguous),
            (504, Ambiguous),
        ],
    )
    def test_status_without_soap(self, server, transport, status, kind):
        """What a status line says is believed; a gateway may have passed the message on."""
        server.answers = [(status, (), b"<html>sorry</html>")]
        error = failing(transport)
        assert (type(error), error.code) == (kind, f"http.{status}")
        assert str(status) in str(error)

    def test_redirect_is_not_followed(self, server, transport):
        """Credentials go nowhere else."""
        server.answers = [(302, (("Location", "/elsewhere"),), b""), (200, (), SOAP)]
        assert failing(transport).code == "http.redirect"
        assert len(server.requests) == 1


class TestAmbiguous:
    """After the message was sent."""

    @pytest.mark.parametrize("answer", ["hang up", "cut", "silence"])
    def test_no_reply(self, server, transport, answer):
        """The connection breaks, in the middle of the reply, or nothing comes at all."""
        server.answers = [answer]
        error = failing(transport, 0.3)
        assert (type(error), error.code) == (Ambiguous, "connect.lost")
        assert len(server.requests) == 1

    def test_kept_connection_breaks(self, server, transport):
        """urllib3 must not send again on its own account; the transport works again afterwards."""
        server.answers = [(200, (), SOAP), "hang up", (200, (), SOAP)]
        transport.send(b"<x/>", 5)
        assert type(failing(transport)) is Ambiguous
        assert transport.send(b"<z/>", 5) == SOAP
        assert [body for _, body in server.requests] == [b"<x/>", b"<x/>", b"<z/>"]


class TestTranslation:
    """Whatever is raised below becomes an error of ours."""

    @pytest.mark.parametrize("sent", [True, False])
    @pytest.mark.parametrize(
        "raised",
        [
            ValueError("x"),
            KeyError("content-type"),
            IndexError(),
            struct.error("unpack"),
            OSError(errno.ECONNRESET, "reset"),
            ssl.SSLEOFError("eof"),
            requests.exceptions.ChunkedEncodingError("x"),
            requests.exceptions.ReadTimeout("x"),
            requests.exceptions.ConnectionError("x"),
            spnego.exceptions.BadMICError(),
        ],
    )
    def test_unexpected_exceptions(self, raised, sent):
        """A broken conversation: ambiguous after sending, unreachable or rejected before."""
        error = translate(raised, ConnectionSettings("web1"), sent=sent)
        assert isinstance(error, (Ambiguous,) if sent else (Unreachable, Unauthorized))
        assert error.host == "web1"

    def test_kerberos_without_a_ticket(self):
        """The advice is about tickets, not passwords."""

        class GSSError(Exception):
            __module__ = "kerberos"

        error = translate(GSSError("No credentials"), ConnectionSettings("web1", transport="kerberos"), sent=False)
        assert (type(error), error.code) == (Unauthorized, "auth.kerberos")
        assert "kinit" in error.advice


class TestSettings:
    """What cannot work is said before anything is sent."""

    @pytest.mark.parametrize("transport", ["kerberos", "credssp"])
    def test_missing_library(self, monkeypatch, transport):
        """The extra that installs it is named."""
        monkeypatch.setattr("winrm.transport.HAVE_KERBEROS", False)
        monkeypatch.setattr("winrm.transport.HAVE_CREDSSP", False)
        with pytest.raises(UserError) as caught:
            ntlm(5985, transport=transport).send(b"<x/>", 1)
        assert f"[{transport}]" in str(caught.value)

    def test_bad_settings(self):
        """Checked again on use."""
        with pytest.raises(UserError):
            ntlm(0).send(b"<x/>", 1)


def test_nothing_heavy_is_imported_before_the_first_message():
    """The plugin announces its port first: no winrm, no requests, no ssl contexts."""
    program = (
        "import sys, winipsec.host.pool as p, winipsec.host.settings as s;"
        "p.Pool().get(s.ConnectionSettings('web1', 'u', 'p'));"
        "print([m for m in ('winrm', 'requests', 'urllib3', 'spnego', 'cryptography') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "[]"
