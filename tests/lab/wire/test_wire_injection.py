"""Faults on demand at any message, and the transcript that tells what really happened."""

from __future__ import annotations

import contextlib
import time

import pytest
import requests
from winipsec_lab.testing import FAULT_KINDS, Fault
from winrm.exceptions import WinRMTransportError, WSManFaultError

MARK = r"C:\mark.txt"


@pytest.fixture
def attempt(host, pywinrm):
    """Runs a command that leaves a mark, with a fault at its Command message; gives the error, if any."""

    def run(kind, **options):
        protocol = pywinrm(patience=0.25)
        shell = protocol.open_shell()
        host.faults.add(Fault(kind, when="Command", **options))
        try:
            command = protocol.run_command(shell, f"echo x>>{MARK}")
        except (requests.exceptions.RequestException, WinRMTransportError, WSManFaultError) as error:
            return error
        finally:
            protocol.transport.close_session()
        return command

    return run


def marks(host):
    """How often the command ran."""
    return len(host.machine.files.read(MARK).splitlines()) if host.machine.files.exists(MARK) else 0


@pytest.mark.parametrize(
    ("kind", "error", "ran"),
    [
        ("drop_before", requests.exceptions.ConnectionError, 0),
        ("drop_after", requests.exceptions.ConnectionError, 1),
        ("reset", requests.exceptions.ConnectionError, 0),
        ("reset_after", requests.exceptions.ConnectionError, 1),
        ("silence", requests.exceptions.ReadTimeout, 0),
        ("silence_after", requests.exceptions.ReadTimeout, 1),
        ("truncate", requests.exceptions.ChunkedEncodingError, 1),
        ("status_400", WinRMTransportError, 0),
        ("status_401", WinRMTransportError, 0),
        ("status_500", WinRMTransportError, 0),
        ("status_503", WinRMTransportError, 0),
        ("quota_shells", WSManFaultError, 0),
        ("quota_operations", WSManFaultError, 0),
        ("busy", WSManFaultError, 0),
        ("access_denied", WSManFaultError, 0),
        ("shell_gone", WSManFaultError, 0),
        ("reboot", requests.exceptions.ConnectionError, 0),
        ("reboot_after", requests.exceptions.ConnectionError, 1),
        ("duplicate", str, 2),
        ("delay", str, 1),
    ],
)
def test_kinds(host, attempt, kind, error, ran):
    """Each kind shows the client its error and runs the command as often as it says."""
    assert isinstance(attempt(kind, seconds=0.1), error)
    time.sleep(0.02)
    deadline = time.monotonic() + 2
    while marks(host) < ran and time.monotonic() < deadline:
        time.sleep(0.01)
    assert marks(host) == ran
    assert len(host.faults) == 0


def test_reset_is_a_reset(attempt):
    """`reset` is a TCP reset and `drop_before` is not."""
    assert "reset by peer" in str(attempt("reset"))
    assert "without response" in str(attempt("drop_before"))


def test_status_of_lost_answers(host, attempt):
    """The transcript has the command with status 0 when no answer left the host."""
    attempt("drop_after")
    entry = host.transcript()[-1]
    assert (entry.action, entry.status, entry.command_line) == ("Command", 0, f"echo x>>{MARK}")


def test_nth_message(host, pywinrm):
    """A number counts from now; the messages before it are untouched."""
    protocol = pywinrm()
    protocol.open_shell()
    host.faults.add(Fault("access_denied", when=3))
    outcomes = []
    for _ in range(4):
        with contextlib.suppress(WSManFaultError):
            protocol.open_shell()
        outcomes.append(host.transcript()[-1].status)
    assert outcomes == [200, 200, 500, 200]


def test_times_and_predicate(host, pywinrm):
    """A fault may hit several messages, and a function may choose them."""
    protocol = pywinrm()
    shell = protocol.open_shell()
    host.faults.add(Fault("busy", when=lambda message: "special" in message.command_line, times=2))
    assert protocol.run_command(shell, "echo plain")
    for _ in range(2):
        with pytest.raises(WSManFaultError):
            protocol.run_command(shell, "echo special")
    assert protocol.run_command(shell, "echo special")


def test_delay(attempt):
    """`delay` lets the answer come late."""
    started = time.monotonic()
    attempt("delay", seconds=0.15)
    assert time.monotonic() - started >= 0.15


def test_latency(host, pywinrm, run):
    """A round trip and the start of a process take as long as asked for; the Receive travels meanwhile."""
    protocol = pywinrm("basic", tls=True)
    run(protocol, "echo warm")
    host.latency(round_trip=0.05, process=0.25)
    started = time.monotonic()
    run(protocol, "echo slow")
    assert 5 * 0.05 + 0.2 <= time.monotonic() - started < 1.5


@pytest.mark.parametrize("fault", [{"kind": "explode"}, {"kind": "reset", "when": 0}, {"kind": "reset", "times": 0}])
def test_impossible_faults(fault):
    """Nonsense is refused at once, and the text says what exists."""
    with pytest.raises(ValueError, match=r"known: drop_before|number 1|is none"):
        Fault(**fault)


def test_every_kind_is_described():
    """Every kind has a sentence for `winipsec-lab fault HOST`."""
    assert all(text for text in FAULT_KINDS.values())


class TestTranscript:
    """What is kept, and what never is."""

    def test_canary(self, host, pywinrm, run):
        """A watched secret is found where it travelled, and its text is nowhere in the transcript."""
        host.watch("s3cret-canary")
        protocol = pywinrm()
        run(protocol, 'findstr "^"', stdin=b"psk=s3cret-canary\r\n")
        run(protocol, "echo clean", env_vars={"KEY": "s3cret-canary"})
        run(protocol, "echo s3cret-canary")
        seen = [(entry.action, entry.canary) for entry in host.transcript() if entry.canary]
        assert seen == [("Send", "stdin"), ("Create", "environment"), ("Command", "command")]
        assert not any("s3cret-canary" in str(entry) for entry in host.transcript() if entry.action != "Command")

    def test_sizes(self, host, pywinrm, run):
        """Stdin shows as a size only."""
        run(pywinrm(), 'findstr "^"', stdin=b"x" * 9000)
        entry = next(entry for entry in host.transcript() if entry.action == "Send")
        assert entry.size > 12000
        assert entry.command_line == ""
