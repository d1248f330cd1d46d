"""Unmodified clients against the lab: authentication, sealing and message counts (spec: winrm 2.1, 2.5, 7)."""

from __future__ import annotations

import base64
import http.client

import pytest
import requests
import spnego
import winrm
from pypsrp.exceptions import AuthenticationError
from pypsrp.shell import Process, SignalCode, WinRS
from winipsec_lab.testing import Account
from winipsec_lab.wire import sealing
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError

# transport, TLS, messages and HTTP requests of one run_cmd (spec: winrm 2.1 and 3.2)
PYWINRM = [("ntlm", False, 5, 8), ("ntlm", True, 5, 7), ("basic", True, 5, 5), ("ssl", True, 5, 5)]


class TestPywinrm:
    """pywinrm 0.5.0, the client that the provider stands on."""

    @pytest.mark.parametrize(("transport", "tls", "messages", "requests_made"), PYWINRM)
    def test_run_cmd(self, host, transport, tls, messages, requests_made):
        """`Session.run_cmd` is five messages and as many HTTP requests as the handshake needs."""
        scheme, port = ("https", host.tls_port) if tls else ("http", host.port)
        session = winrm.Session(
            f"{scheme}://{host.address}:{port}/wsman",
            auth=(host.username, host.password),
            transport=transport,
            ca_trust_path=str(host.ca_file),
            proxy=None,
        )
        response = session.run_cmd("echo", ["hello", "there"])
        assert (response.std_out, response.std_err, response.status_code) == (b"hello there\r\n", b"", 0)
        assert (messages, requests_made, 1) == (host.messages, host.requests, host.connections)
        assert [entry.action for entry in host.transcript()] == ["Create", "Command", "Receive", "Signal", "Delete"]
        assert host.shells == 0

    def test_pooled_command_is_three_messages(self, host, pywinrm):
        """On a kept shell a command costs Command, Receive and Signal."""
        protocol = pywinrm()
        shell = protocol.open_shell()
        before = host.messages
        command = protocol.run_command(shell, "echo hi")
        assert protocol.get_command_output(shell, command) == (b"hi\r\n", b"", 0)
        protocol.cleanup_command(shell, command)
        assert host.messages - before == 3

    def test_certificate(self, host):
        """A client certificate of the lab's authority logs on without a password."""
        issued = host.client_certificate()
        session = winrm.Session(
            f"https://{host.address}:{host.tls_port}/wsman",
            auth=(None, None),
            transport="certificate",
            cert_pem=str(issued.certificate),
            cert_key_pem=str(issued.key),
            ca_trust_path=str(host.ca_file),
            proxy=None,
        )
        assert session.run_cmd("echo in").std_out == b"in\r\n"

    def test_certificate_of_a_stranger(self, host, pywinrm):
        """A certificate that names no account of the host is refused."""
        issued = host.client_certificate("nobody")
        protocol = pywinrm("certificate", tls=True, cert_pem=str(issued.certificate), cert_key_pem=str(issued.key))
        with pytest.raises(InvalidCredentialsError):
            protocol.open_shell()

    def test_sealing_over_tls(self, pywinrm, run):
        """Sealed messages are understood on HTTPS too."""
        protocol = pywinrm(tls=True, message_encryption="always")
        assert run(protocol, "echo twice") == (b"twice\r\n", b"", 0)

    @pytest.mark.parametrize(("transport", "tls"), [("ntlm", False), ("ntlm", True), ("basic", True)])
    def test_wrong_password(self, pywinrm, transport, tls):
        """A wrong password is 401."""
        with pytest.raises(InvalidCredentialsError):
            pywinrm(transport, tls=tls, password="wrong").open_shell()

    @pytest.mark.parametrize(("transport", "tls"), [("ntlm", False), ("basic", True)])
    def test_unknown_user(self, pywinrm, transport, tls):
        """An unknown user is 401."""
        with pytest.raises(InvalidCredentialsError):
            pywinrm(transport, tls=tls, username="nobody").open_shell()

    def test_basic_over_http(self, host, pywinrm):
        """Basic without TLS is neither offered nor taken while AllowUnencrypted is false."""
        with pytest.raises(InvalidCredentialsError):
            pywinrm("basic").open_shell()
        assert host.messages == 0

    def test_certificate_check(self, host, pywinrm):
        """A client that does not know the lab's authority refuses the host."""
        with pytest.raises(requests.exceptions.SSLError):
            pywinrm("basic", tls=True, ca_trust_path=None).open_shell()
        assert host.messages == 0

    @pytest.mark.parametrize(
        "form",
        [
            "Administrator",
            "administrator",
            ".\\Administrator",
            "WEB1\\Administrator",
            "web1.example.test\\Administrator",
        ],
    )
    @pytest.mark.parametrize(("transport", "tls"), [("ntlm", False), ("basic", True)])
    def test_forms_of_a_local_name(self, pywinrm, run, form, transport, tls):
        """A local account is known without a domain, with a dot, and under both names of the computer."""
        assert run(pywinrm(transport, tls=tls, username=form), "echo ok")[2] == 0

    @pytest.mark.parametrize("form", ["CORP\\deploy", "corp\\Deploy", "deploy@corp.example"])
    def test_forms_of_a_domain_name(self, host, pywinrm, run, form):
        r"""A domain account is known as DOMAIN\user and as UPN; a colon in its password does no harm."""
        host.add_account(Account("deploy", "pass:wörd", domain="CORP", dns_domain="corp.example"))
        assert run(pywinrm(username=form, password="pass:wörd"), "echo ok")[2] == 0

    def test_domain_account_without_its_domain(self, host, pywinrm):
        """A domain account is no local account."""
        host.add_account(Account("deploy", "secret", domain="CORP"))
        with pytest.raises(InvalidCredentialsError):
            pywinrm(username="deploy", password="secret").open_shell()

    def test_hosts_do_not_share_accounts(self, lab, host, pywinrm):
        """An account of one host is unknown on its neighbour, although both live in one process."""
        lab.create("web2").add_account(Account("operator", "secret"))
        with pytest.raises(InvalidCredentialsError):
            pywinrm(username="operator", password="secret").open_shell()

    def test_stale_seal(self, host, pywinrm):
        """A body sealed for a connection that is gone is 400, also after the re-authentication (spec: winrm 3.3)."""
        protocol = pywinrm()
        protocol.open_shell()
        protocol.transport.session.close()
        with pytest.raises(WinRMTransportError) as caught:
            protocol.open_shell()
        assert caught.value.code == 400
        protocol.transport.close_session()
        assert protocol.open_shell()


class TestPypsrp:
    """pypsrp 0.9.1: SPNEGO tokens, separate arguments, ctrl_c at the end."""

    @pytest.mark.parametrize(
        ("auth", "tls", "extra", "options"),
        [
            ("negotiate", False, 3, {}),
            ("negotiate", True, 2, {}),
            ("ntlm", False, 3, {}),
            ("ntlm", True, 2, {}),
            ("ntlm", True, 3, {"encryption": "always"}),
            ("ntlm", True, 2, {"negotiate_send_cbt": False}),
            ("basic", True, 0, {}),
        ],
    )
    def test_run(self, host, pypsrp, auth, tls, extra, options):
        """A process runs, and the handshake costs what the table says."""
        with WinRS(pypsrp(auth, tls=tls, **options)) as shell:
            process = Process(shell, "echo", ["a", "b"])
            process.invoke()
            process.signal(SignalCode.CTRL_C)
            assert (process.stdout, process.stderr, process.rc) == (b"a b\r\n", b"", 0)
            assert shell.client_ip == "10.77.0.250"
            assert shell.owner == "Administrator"
        assert host.requests - host.messages == extra
        assert host.shells == 0

    def test_strict_channel_binding(self, host, pypsrp):
        """Under CbtHardeningLevel Strict a client without bindings is refused, one with bindings is not."""
        host.configure(lambda service: service.__class__(channel_binding="strict"))
        with pytest.raises(AuthenticationError):
            WinRS(pypsrp("ntlm", tls=True, negotiate_send_cbt=False)).open()
        with WinRS(pypsrp("ntlm", tls=True)) as shell:
            assert shell.id

    def test_wrong_password(self, pypsrp):
        """A wrong password is refused."""
        with pytest.raises(AuthenticationError):
            WinRS(pypsrp(password="wrong")).open()

    def test_configuration_and_shell_state(self, host, pypsrp):
        """The two auxiliary Gets: the payload size follows MaxEnvelopeSizekb, the shell tells its state."""
        client = pypsrp()
        with WinRS(client) as shell:
            client.update_max_payload_size()
            assert client.max_envelope_size == host.service.quotas.envelope_kb * 1024
            state = shell._get_shell()
            assert (state["ShellId"], state["State"], state["ChildProcesses"]) == (shell.id, "Connected", "0")


class TestCredssp:
    """CredSSP, with a client made of pyspnego alone."""

    def test_handshake_and_chunks(self, host):
        """Five legs of 401, then sealed messages; a large one travels in pieces of 16 KiB."""
        context = spnego.client(host.username, host.password, protocol="credssp")
        connection = http.client.HTTPConnection(host.address, host.port, timeout=5)
        token = context.step()
        legs = 0
        while token:
            connection.request("POST", "/wsman", b"", {"Authorization": f"CredSSP {base64.b64encode(token).decode()}"})
            response = connection.getresponse()
            response.read()
            legs += 1
            answer = (response.headers.get("WWW-Authenticate") or "").partition(" ")[2]
            token = context.step(base64.b64decode(answer)) if answer else None
        assert (response.status, context.complete) == (200, True)
        assert legs >= 5
        identify = (
            b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>'
            b'<i:Identify xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/></s:Body>'
            b"<!--" + b"x" * 40000 + b"--></s:Envelope>"
        )
        content_type, sealed = sealing.seal(context, sealing.CREDSSP, identify)
        assert content_type.startswith("multipart/x-multi-encrypted;")
        assert sealed.count(b"application/octet-stream") == 3
        connection.request("POST", "/wsman", sealed, {"Content-Type": content_type})
        response = connection.getresponse()
        assert response.status == 200
        assert b"OS: 10.0.20348 SP: 0.0 Stack: 3.0" in sealing.unseal(context, response.read())
        connection.close()
