"""The HTTP face of a host: offers, unauthenticated Identify, refusals (spec: winrm 1.1, 1.2, 2.2)."""

from __future__ import annotations

import base64
import dataclasses
import email.utils
import http.client
import time

import pytest

IDENTIFY = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    b'xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    b"<s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>"
)


@pytest.fixture
def connection(host):
    """A bare HTTP connection to the host."""
    opened = http.client.HTTPConnection(host.address, host.port, timeout=5)
    yield opened
    opened.close()


@pytest.fixture
def unencrypted(host):
    """The host takes Basic and plain bodies over HTTP."""
    host.configure(lambda service: dataclasses.replace(service, allow_unencrypted=True))


def post(connection, body=b"", headers=None, path="/wsman"):
    """Send a request and read the answer."""
    connection.request("POST", path, body, {"Content-Type": "application/soap+xml;charset=UTF-8", **(headers or {})})
    response = connection.getresponse()
    return response, response.read()


def basic(host, password=None):
    """A Basic header."""
    text = f"{host.username}:{password or host.password}"
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


class TestOffers:
    """The 401 that starts everything."""

    def test_http(self, connection):
        """HTTP offers Negotiate, Kerberos and CredSSP, never NTLM and never Basic."""
        response, body = post(connection)
        assert (response.status, body, response.headers["Content-Length"]) == (401, b"", "0")
        assert response.headers.get_all("WWW-Authenticate") == ["Negotiate", "Kerberos", "CredSSP"]

    @pytest.mark.usefixtures("unencrypted")
    def test_allow_unencrypted(self, connection):
        """With AllowUnencrypted Basic is offered as well."""
        response, _ = post(connection)
        assert 'Basic realm="WSMAN"' in response.headers.get_all("WWW-Authenticate")

    def test_headers(self, host, connection):
        """`Server` is that of http.sys and `Date` the host's own clock."""
        host.machine.clock.advance(86400)
        response, _ = post(connection)
        assert response.headers["Server"] == "Microsoft-HTTPAPI/2.0"
        told = email.utils.parsedate_to_datetime(response.headers["Date"]).timestamp()
        assert told - time.time() == pytest.approx(86400, abs=5)

    def test_empty_body_asks_again(self, host, connection):
        """An empty request without a header is a question for the offers, also on the same connection."""
        for _ in range(2):
            assert post(connection)[0].status == 401
        assert host.connections == 1

    @pytest.mark.parametrize("token", ["!!!", base64.b64encode(b"garbage").decode(), ""])
    def test_bad_token(self, connection, token):
        """A token that makes no sense is answered with plain offers."""
        response, _ = post(connection, headers={"Authorization": f"Negotiate {token}"})
        assert response.status == 401
        assert "Negotiate" in response.headers.get_all("WWW-Authenticate")


class TestRequests:
    """Requests that are wrong before they are SOAP."""

    def test_other_path(self, connection):
        """Only /wsman exists."""
        assert post(connection, path="/other")[0].status == 404

    def test_not_xml(self, host, connection, unencrypted):
        """A body that is no XML, or brings a document type, is 400."""
        del unencrypted
        for body in (b"hello", b"<!DOCTYPE a><a/>"):
            assert post(connection, body, basic(host))[0].status == 400
        assert host.messages == 0

    @pytest.mark.parametrize("setting", ["401", "500"])
    def test_plain_body_on_an_encrypted_host(self, host, setting):
        """A plain SOAP body after an NTLM logon over HTTP is refused with the status that the guess says."""
        import spnego

        host.machine.guesses.set("wire.unencrypted_refusal", setting)
        context = spnego.client(host.username, host.password, protocol="ntlm")
        connection = http.client.HTTPConnection(host.address, host.port, timeout=5)
        token = context.step()
        while token:
            response, _ = post(connection, headers={"Authorization": f"Negotiate {base64.b64encode(token).decode()}"})
            challenge = (response.headers.get("WWW-Authenticate") or "").partition(" ")[2]
            token = context.step(base64.b64decode(challenge)) if challenge else None
        assert response.status == 200
        assert post(connection, IDENTIFY)[0].status == int(setting)
        assert host.messages == 0
        connection.close()

    def test_idle_connection(self, host, connection):
        """A connection on which nothing is said is closed after a while (spec: winrm 3.3)."""
        host.configure(lambda service: dataclasses.replace(service, idle_connection_seconds=0.1))
        post(connection)
        assert connection.sock.recv(1) == b""

    def test_too_many_connections(self, host, quotas):
        """Beyond MaxConnections a request is 503."""
        quotas(connections=1)
        first, second = (http.client.HTTPConnection(host.address, host.port, timeout=5) for _ in range(2))
        assert post(first)[0].status == 401
        assert post(second)[0].status == 503
        first.close()
        second.close()


class TestIdentify:
    """Identify, with and without a logon."""

    def test_unauthenticated(self, connection):
        """Without a logon the build stays hidden."""
        response, body = post(connection, IDENTIFY, {"WSMANIDENTIFY": "unauthenticated"})
        assert response.status == 200
        assert b"<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</wsmid:ProductVersion>" in body
        assert b"<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>" in body

    @pytest.mark.usefixtures("unencrypted")
    def test_authenticated(self, host, connection):
        """With a logon it is told."""
        response, body = post(connection, IDENTIFY, basic(host))
        assert response.status == 200
        assert b"OS: 10.0.20348 SP: 0.0 Stack: 3.0" in body

    def test_without_the_header(self, connection):
        """Identify without header and logon is 401."""
        assert post(connection, IDENTIFY)[0].status == 401
