"""`winipsec check`: each step, what it says when it fails, and what is not tried then."""

import datetime as dt
import ipaddress
import json
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest
from answering_host import AGENT, STOPPED, STORE, Host, answer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from winipsec.cli import check
from winipsec.cli.arguments import parser
from winipsec.errors import Forbidden, HostError, Unauthorized

ENVIRONMENT = {"WINIPSEC_USERNAME": "deploy", "WINIPSEC_PASSWORD": "correct horse"}
NAMES = ["name", "port", "tls", "authentication", "rights", "service", "domainPolicy", "activePolicy"]
DOMAIN = (
    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\IPSec\\GPTIPSECPolicy\r\n"
    "    DSIPSECPolicyPath    REG_SZ    LDAP://CN=ipsecPolicy\r\n"
)


@contextmanager
def listener(context=None):
    """A port on this machine that accepts connections, with TLS if there is a context."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(5)

    def serve():
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            peer.settimeout(5)
            try:
                if context is not None:
                    context.wrap_socket(peer, server_side=True).close()
                else:
                    peer.sendall(b"HTTP/1.1 404 Not Found\r\n\r\n")
            except OSError:
                pass
            finally:
                peer.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield str(server.getsockname()[1])
    finally:
        # Closing alone would leave the thread in accept until its time is over.
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1, signed by itself, and a server's context that shows it."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "web1.example")])
    now = dt.datetime.now(dt.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return str(public), context


def examined(capsys, host, *arguments, name="127.0.0.1"):
    """The exit code and the printed steps by name."""
    options = parser().parse_args(["check", name, *arguments, "--json"])
    code = check.run(options, ENVIRONMENT, host)
    printed = json.loads(capsys.readouterr().out)
    assert [step["step"] for step in printed["steps"]] == NAMES
    assert printed["ok"] is (code == 0)
    assert printed["host"] == name
    return code, {step["step"]: step for step in printed["steps"]}


def statuses(steps):
    """The statuses in order, by their first letters."""
    return "".join(steps[name]["status"][0] for name in NAMES)


def test_a_host_in_order_passes_every_step(capsys):
    """TLS is left out over HTTP; everything else is ok, and the connection is closed."""
    host = Host(answer(store=STORE))
    with listener() as port:
        code, steps = examined(capsys, host, "--port", port)
    assert (code, statuses(steps)) == (0, "oosooooo")
    assert steps["name"]["detail"] == "127.0.0.1"
    assert steps["authentication"]["detail"] == "ntlm accepts deploy"
    assert steps["activePolicy"]["detail"] == "'Lockdown' with 0 rules"
    assert "advice" not in steps["name"]
    assert host.made[0].closed


def test_a_name_that_is_not_known_stops_everything(capsys, monkeypatch):
    """Nothing behind it is tried."""

    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(check.socket, "getaddrinfo", unknown)
    code, steps = examined(capsys, Host(answer()), name="web1.example")
    assert (code, statuses(steps)) == (1, "fsssssss")
    assert "spelling" in steps["name"]["advice"]
    assert steps["port"]["detail"] == "not tried"


def test_a_closed_port_stops_the_rest(capsys):
    """Refused: WinRM is not enabled, or listens elsewhere."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    code, steps = examined(capsys, Host(answer()), "--port", port)
    assert (code, statuses(steps)) == (1, "ofssssss")
    assert "winrm quickconfig" in steps["port"]["advice"]


def test_a_silent_port_points_at_firewalls(capsys, monkeypatch):
    """Nothing answers within the time that a connection may take."""

    def silent(*_, **__):
        raise TimeoutError

    monkeypatch.setattr(check.socket, "create_connection", silent)
    code, steps = examined(capsys, Host(answer()), "--dial-timeout", "3")
    assert (code, statuses(steps)) == (1, "ofssssss")
    assert steps["port"]["detail"] == "nothing answers on port 5985 within 3 s."
    assert "IPsec policy" in steps["port"]["advice"]


def test_a_trusted_certificate_passes(capsys, certificate):
    """With the authority that signed it."""
    ca_file, context = certificate
    with listener(context) as port:
        code, steps = examined(capsys, Host(answer()), "--https", "--ca-file", ca_file, "--port", port)
    assert (code, statuses(steps)) == (0, "oooooooo")
    assert steps["tls"]["detail"].endswith("certificate trusted")


def test_an_unknown_certificate_fails_and_insecure_accepts_it(capsys, certificate):
    """The advice names the option; --insecure says what it gives up."""
    _, context = certificate
    with listener(context) as port:
        code, steps = examined(capsys, Host(answer()), "--https", "--port", port)
        assert (code, statuses(steps)) == (1, "oofsssss")
        assert "--ca-file" in steps["tls"]["advice"]
        code, steps = examined(capsys, Host(answer()), "--https", "--insecure", "--port", port)
    assert code == 0
    assert "not checked" in steps["tls"]["detail"]


def test_https_on_an_http_port_fails_at_tls(capsys):
    """A port that does not speak TLS."""
    with listener() as port:
        code, steps = examined(capsys, Host(answer()), "--https", "--port", port)
    assert (code, statuses(steps)) == (1, "oofsssss")
    assert "5985" in steps["tls"]["advice"]


def test_a_rejected_logon_is_tried_once(capsys):
    """One wrong password is one attempt; nothing else is sent."""
    host = Host(answer(), logon=Unauthorized("the host rejected the logon of deploy."))
    with listener() as port:
        code, steps = examined(capsys, host, "--port", port)
    assert (code, statuses(steps)) == (1, "oosfssss")
    assert "password" in steps["authentication"]["advice"]
    assert len(host.made[0].lines) == 1


def test_a_logon_without_rights_is_told_apart(capsys):
    """The account is accepted, but may not run commands."""
    host = Host(answer(), logon=Forbidden("deploy may not open a shell."))
    with listener() as port:
        code, steps = examined(capsys, host, "--port", port)
    assert (code, statuses(steps)) == (1, "oosofsss")
    assert "Administrators" in steps["rights"]["advice"]


def test_a_store_that_cannot_be_read_is_a_matter_of_rights(capsys):
    """Commands run, but the registry does not answer in full."""
    host = Host(HostError("the policy store exists but could not be read.", code="read.denied", advice="Ask for it."))
    with listener() as port:
        code, steps = examined(capsys, host, "--port", port)
    assert (code, statuses(steps)) == (1, "oosofsss")
    assert steps["rights"]["advice"] == "Ask for it."


def test_the_last_steps_fail_on_their_own(capsys):
    """A stopped service and a domain policy are both told, and the policy as well."""
    host = Host(answer(store=STORE + "\r\n" + DOMAIN, service=STOPPED))
    with listener() as port:
        code, steps = examined(capsys, host, "--port", port)
    assert (code, statuses(steps)) == (1, "oosooffo")
    assert steps["service"]["advice"] == "On the host: sc start PolicyAgent."
    assert "LDAP://CN=ipsecPolicy" in steps["domainPolicy"]["detail"]
    assert "Group Policy" in steps["domainPolicy"]["advice"]
    assert len(host.made[0].lines) == 2


def test_a_disabled_service_needs_one_step_more(capsys):
    """Start type 4 in the registry: it must be enabled first."""
    agent = f"{AGENT}\r\n    Start    REG_DWORD    0x4\r\n"
    with listener() as port:
        _, steps = examined(capsys, Host(answer(agent=agent, service=STOPPED)), "--port", port)
    assert steps["service"]["advice"] == "On the host: sc config PolicyAgent start= auto, then sc start PolicyAgent."


def test_no_policy_is_no_failure(capsys):
    """A fresh machine is ready to be managed."""
    with listener() as port:
        code, steps = examined(capsys, Host(answer()), "--port", port)
    assert code == 0
    assert steps["activePolicy"]["detail"] == "no policy is assigned; 0 in the store"


def test_the_text_has_one_line_per_step_and_the_advice_below(capsys):
    """For people: status, step, what was found; what to do stands in a line of its own."""
    with listener() as port:
        options = parser().parse_args(["check", "127.0.0.1", "--port", port])
        assert check.run(options, ENVIRONMENT, Host(answer(service=STOPPED))) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ok      name resolves    127.0.0.1"
    assert lines[2] == "skipped TLS              HTTP; the logon encrypts the messages"
    assert lines[5] == "failed  service running  PolicyAgent is stopped: no policy is in force."
    assert lines[6].strip() == "On the host: sc start PolicyAgent."
    assert len(lines) == 9


def test_the_password_shows_up_nowhere(capsys):
    """Whatever fails."""
    host = Host(answer(), logon=Unauthorized("the host rejected the logon of deploy."))
    with listener() as port:
        options = parser().parse_args(["check", "127.0.0.1", "--port", port])
        check.run(options, ENVIRONMENT, host)
    printed = capsys.readouterr()
    assert "correct horse" not in printed.out + printed.err
