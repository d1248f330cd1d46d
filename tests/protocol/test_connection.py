"""The connection against a simulated host that speaks real WinRM: logon, sealing, shells, quotas, faults."""

import contextlib
import dataclasses
import threading
import time

import pytest
from winipsec.errors import Ambiguous, Forbidden, Interrupted, Quota, TimedOut, Unauthorized, Unreachable, WinipsecError
from winipsec.host.connection import Connection
from winipsec.host.pool import Pool
from winipsec.host.settings import ConnectionSettings
from winipsec_lab.testing import Account, Fault, Lab, Quotas

APPEND = r"echo x>>C:\Windows\Temp\count.txt"
COUNT = r"C:\Windows\Temp\count.txt"
ENDLESS = "ping -n 600 127.0.0.1"


@pytest.fixture(scope="module")
def lab():
    """A lab for this module."""
    with Lab() as lab:
        yield lab


@pytest.fixture(scope="module")
def shared(lab):
    """One host for all tests."""
    return lab.create("web1")


@pytest.fixture
def host(shared):
    """The host as it was born."""
    service = shared.service
    shared.reset()
    yield shared
    shared.faults.clear()
    shared.configure(lambda _: service)


@pytest.fixture
def connect(host):
    """Makes connections that are closed in the end."""
    made = []

    def connect(**changes):
        connection = Connection(settings(host, **changes))
        made.append(connection)
        return connection

    yield connect
    for connection in made:
        connection.close()


def settings(host, **changes):
    """The way to a host as its administrator."""
    given = {"host": host.address, "port": host.port, "username": host.username, "password": host.password}
    return ConnectionSettings(**{**given, **changes})


def over_tls(lab, host):
    """Settings for the HTTPS listener."""
    return {"https": True, "port": host.tls_port, "ca_file": str(lab.ca_file)}


def outcome(connection):
    """Run `APPEND` as a change; whether it is known to have run."""
    try:
        done = connection.run(APPEND, idempotent=False)
    except Ambiguous as error:
        if not error.may_have_run:
            raise
        return False
    return done.exit_code == 0


def times_run(host):
    """How often `APPEND` has run."""
    code, out, _ = host.run(f"type {COUNT}")
    return out.count("x") if code == 0 else 0


class TestWays:
    """Every way to log on that needs no domain."""

    def test_ntlm_sealed(self, host, connect):
        """Port 5985: nothing readable on the wire but the logon."""
        host.watch("hello")
        assert connect().run("echo hello", idempotent=True).stdout == "hello\r\n"

    def test_ntlm_over_tls(self, lab, host, connect):
        """With the lab's own authority."""
        assert connect(**over_tls(lab, host)).run("echo hello", idempotent=True).exit_code == 0

    def test_basic_over_tls(self, lab, host, connect):
        """Basic is allowed there."""
        assert connect(transport="basic", **over_tls(lab, host)).run("echo hello", idempotent=True).exit_code == 0

    def test_certificate(self, lab, host, connect):
        """A client certificate that the host maps to its administrator; no password at all."""
        issued = host.client_certificate()
        files = {"certificate_file": str(issued.certificate), "certificate_key_file": str(issued.key)}
        way = {"transport": "certificate", "username": "", "password": "", **files, **over_tls(lab, host)}
        assert connect(**way).run("echo hello", idempotent=True).stdout == "hello\r\n"

    def test_connection_that_the_host_closed_while_idle(self, host, connect):
        """The next message is sealed with a dead key: 400, a new logon, the same message, run once."""
        host.configure(lambda s: dataclasses.replace(s, idle_connection_seconds=0.2))
        connection = connect()
        connection.run("ver", idempotent=True)
        time.sleep(0.6)
        assert connection.run(APPEND, idempotent=False).exit_code == 0
        assert times_run(host) == 1
        assert host.connections == 3

    def test_unknown_authority(self, lab, host, connect):
        """No CA file, no conversation."""
        with pytest.raises(Unreachable) as caught:
            connect(**{**over_tls(lab, host), "ca_file": None}).run("ver", idempotent=True)
        assert caught.value.code == "tls.certificate"
        assert host.messages == 0

    def test_client_address_is_the_virtual_one(self, host, connect):
        """What the host's filters see, not what this machine thinks."""
        connection = connect()
        connection.run("ver", idempotent=True)
        assert connection.client_address.startswith("10.77.0.")

    def test_shell_is_left_to_nobody(self, host, connect):
        """One shell while in use, none afterwards; the host counts as many messages as we do."""
        connection = connect()
        for _ in range(3):
            connection.run("ver", idempotent=True)
        assert host.shells == 1
        connection.close()
        assert host.shells == 0
        assert host.messages == connection.messages == 11


class TestLogon:
    """Wrong credentials."""

    @pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"username": "nobody"}])
    def test_one_attempt_per_run(self, host, wrong):
        """However many resources ask, at however many connections: one logon, no message."""
        pool = Pool()
        for seconds in (10, 11, 10):
            with pytest.raises(Unauthorized) as caught:
                pool.get(settings(host, command_timeout=seconds, **wrong)).run("ver", idempotent=True)
            assert "Negotiate" in str(caught.value)
        pool.close_all()
        assert host.messages == 0
        assert host.connections == 1

    def test_not_an_administrator(self, host, connect):
        """Logged on, but not allowed: the advice is about groups."""
        host.add_account(Account("visitor", "V1sitor-Pw", administrator=False))
        with pytest.raises(Forbidden) as caught:
            connect(username="visitor", password="V1sitor-Pw").run("ver", idempotent=True)
        assert "Administrators" in caught.value.advice


class TestText:
    """What goes in and what comes out."""

    def test_names_in_many_scripts(self, connect):
        """Command lines are Unicode end to end, output is UTF-8."""
        text = "Zürich 漢字 Привет"
        assert connect().run(f'echo "{text}"', idempotent=True).stdout == f'"{text}"\r\n'

    def test_stdin_arrives_byte_for_byte(self, host, connect):
        """Several pieces, through a pipe with a real end."""
        data = b"".join(b"line %06d\r\n" % n for n in range(20_000))
        line = r'findstr "^" >C:\Windows\Temp\in.txt'
        assert connect().run(line, data, idempotent=False).exit_code == 0
        assert host.machine.files.read(r"C:\Windows\Temp\in.txt") == data

    def test_much_output(self, host, connect):
        """More than fits into one envelope."""
        data = b"".join(b"line %06d\r\n" % n for n in range(60_000))
        host.machine.files.write(r"C:\Windows\Temp\out.txt", data)
        done = connect().run(r"type C:\Windows\Temp\out.txt", idempotent=True)
        assert done.stdout.encode() == data

    def test_exit_codes(self, connect):
        """Small, large and negative."""
        connection = connect()
        codes = [connection.run(f"cmd /c exit {code}", idempotent=True).exit_code for code in (0, 7, -1, -2147024894)]
        assert codes == [0, 7, -1, -2147024894]


class TestQuotas:
    """Hosts that run out of room."""

    def test_many_commands_on_a_small_host(self, host, connect):
        """2008 R2 counts 15 operations until the shell is deleted: nothing fails, nothing leaks."""
        host.configure(lambda s: dataclasses.replace(s, quotas=Quotas(operations_per_user=15, shells_per_user=5)))
        connection = connect()
        for _ in range(40):
            assert connection.run(APPEND, idempotent=False).exit_code == 0
        assert times_run(host) == 40
        assert host.shells == 1

    def test_no_room_for_a_shell(self, host, connect):
        """Somebody else has them all, and keeps them."""
        host.faults.add(Fault("quota_shells", when="Create", times=99))
        with pytest.raises(Quota) as caught:
            connect(total_timeout=2).run("ver", idempotent=True)
        assert caught.value.fault == 2150859173

    def test_shell_is_reaped(self, host, connect):
        """An idle shell goes; the next command does not notice."""
        connection = connect()
        connection.run("ver", idempotent=True)
        host.faults.add(Fault("shell_gone", when="Command"))
        assert connection.run(APPEND, idempotent=False).exit_code == 0
        assert times_run(host) == 1


HARMLESS = ("status_400", "status_503", "quota_operations", "busy", "operation_timeout", "shell_gone")
BREAKING = ("drop_before", "drop_after", "reset", "reset_after", "truncate", "status_500")


class TestFaults:
    """One fault at one message of a change: it runs exactly once, or we say that we do not know."""

    @pytest.mark.parametrize("kind", [*HARMLESS, *BREAKING])
    @pytest.mark.parametrize("action", ["Create", "Command", "Receive", "Signal"])
    def test_change(self, host, connect, action, kind, monkeypatch):
        """Every message and every fault; the host knows how often it really ran."""
        monkeypatch.setattr("winipsec.host.shell._BUSY_WAIT", 0.01)
        connection = connect(command_timeout=8)
        if action != "Create":
            connection.run("ver", idempotent=True)
        host.faults.add(Fault(kind, when=action))
        known = outcome(connection)
        assert times_run(host) in ((1,) if known else (0, 1))
        host.faults.clear()
        assert connection.run("ver", idempotent=True).exit_code == 0
        connection.close()
        assert host.shells == (1 if (action, kind) in LEAKS else 0)

    @pytest.mark.parametrize("kind", BREAKING)
    @pytest.mark.parametrize("action", ["Create", "Command", "Send", "Receive", "Signal"])
    @pytest.mark.parametrize("repeated", ["redelivered", "lost"])
    def test_read(self, host, connect, action, kind, repeated):
        """Reading succeeds in spite of any single break, with all of its output, whatever the host keeps."""
        host.machine.guesses.set("wire.repeated_receive", repeated)
        host.faults.add(Fault(kind, when=action))
        data = b"one\r\ntwo\r\n"
        done = connect().run('findstr "^"', data, idempotent=True)
        assert (done.exit_code, done.stdout.encode(), done.output_lost) == (0, data, False)

    @pytest.mark.parametrize("kind", ["reboot", "reboot_after"])
    def test_reboot_under_a_change(self, host, connect, kind):
        """The shell is gone with everything in it."""
        connection = connect()
        connection.run("ver", idempotent=True)
        host.faults.add(Fault(kind, when="Command"))
        with pytest.raises(Ambiguous) as caught:
            connection.run(ENDLESS, idempotent=False)
        assert caught.value.may_have_run

    def test_silent_host(self, host, connect):
        """No answer at all: an error in time, and no second run."""
        connection = connect(command_timeout=2)
        connection.run("ver", idempotent=True)
        host.faults.add(Fault("silence_after", when="Receive", times=99))
        begun = time.monotonic()
        with pytest.raises((Ambiguous, TimedOut)) as caught:
            connection.run(APPEND, idempotent=False)
        assert caught.value.may_have_run
        assert time.monotonic() - begun < 15
        assert times_run(host) == 1

    def test_send_under_load(self, host, connect):
        """Every second Send says time-out although the data arrived: the script arrives once, whole."""
        host.machine.guesses.set("wire.send_under_load", "timeout")
        data = b"".join(b"line %06d\r\n" % n for n in range(30_000))
        done = connect().run('findstr "^"', data, idempotent=False)
        assert done.stdout.encode() == data

    @pytest.mark.parametrize("setting", ["done", "fault"])
    def test_receive_after_the_end(self, host, connect, setting):
        """Whatever a host says to one Receive too many."""
        host.machine.guesses.set("wire.finished_receive", setting)
        host.faults.add(Fault("drop_after", when="Receive"))
        outcome(connect())
        assert times_run(host) == 1


# A Create whose answer is lost leaves a shell that nobody knows the id of; its idle time-out takes it.
LEAKS = {("Create", kind) for kind in ("drop_after", "reset_after", "truncate")}


class TestTime:
    """Deadlines and cancelling, in real time."""

    def test_deadline(self, host, connect):
        """The command is killed on the host."""
        with pytest.raises(TimedOut) as caught:
            connect().run(ENDLESS, idempotent=True, timeout=1)
        assert caught.value.may_have_run
        assert host.shells == 0

    def test_cancel_is_prompt(self, host, connect):
        """Though Receive waits for 20 seconds."""
        connection = connect()
        connection.run("ver", idempotent=True)
        raised = []

        def work():
            try:
                connection.run(ENDLESS, idempotent=False)
            except WinipsecError as error:
                raised.append(error)

        worker = threading.Thread(target=work)
        worker.start()
        time.sleep(0.5)
        begun = time.monotonic()
        connection.cancel()
        worker.join(20)
        assert time.monotonic() - begun < 3
        assert isinstance(raised[0], Interrupted)
        assert host.shells == 0

    def test_close_under_a_running_command(self, host, connect):
        """Quick, and no shell is left."""
        connection = connect()
        connection.run("ver", idempotent=True)

        def work():
            with contextlib.suppress(WinipsecError):
                connection.run(ENDLESS, idempotent=False)

        worker = threading.Thread(target=work)
        worker.start()
        time.sleep(0.5)
        begun = time.monotonic()
        connection.close()
        assert time.monotonic() - begun < 8
        worker.join(20)
        assert host.shells == 0

    def test_many_threads(self, host, connect):
        """One shell, no overlap, nothing lost."""
        connection = connect()
        threads = [threading.Thread(target=lambda: connection.run(APPEND, idempotent=False)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert times_run(host) == 20
        assert connection.messages == 1 + 3 * 20


def test_password_is_nowhere_in_the_messages(host, connect):
    """Not even in the sealed ones."""
    host.watch(host.password)
    connect().run("ver", idempotent=True)
    assert not [entry for entry in host.transcript() if entry.canary]
