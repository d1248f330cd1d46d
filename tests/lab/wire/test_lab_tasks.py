"""Scheduled tasks, clock, reboot and faults through the control interface and the command (winrm 5, design 7)."""

from __future__ import annotations

import json
import threading
import time

import pytest
from winipsec_lab import cli
from winipsec_lab.service import client
from winipsec_lab.service import lab_pb2 as pb
from winipsec_lab.service.client import LabError
from winipsec_lab.service.daemon import serve
from winipsec_lab.service.home import Home
from winipsec_lab.testing import Fault

CREATE = 'schtasks /create /tn {name} /tr "cmd /c echo run>>C:\\runs.txt" /ru SYSTEM /sc {schedule} /f'
XML = (
    '<Task xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task"><Triggers>'
    "<RegistrationTrigger><Delay>{delay}</Delay></RegistrationTrigger></Triggers>"
    "<Principals><Principal><UserId>SYSTEM</UserId></Principal></Principals>"
    "<Actions><Exec><Command>cmd</Command><Arguments>/c echo run>>C:\\runs.txt</Arguments></Exec></Actions></Task>"
)


class Daemon:
    """A daemon in a thread of the test."""

    def __init__(self, directory):
        self.home = Home(directory)
        self.start()

    def start(self):
        """Start it and wait for its socket."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=serve, args=(self.home,), kwargs={"ended": self._ended})
        self._thread.start()
        deadline = time.monotonic() + 10
        while not client.is_running(self.home) and time.monotonic() < deadline:
            time.sleep(0.02)

    def stop(self):
        """End it and wait for its last word."""
        self._ended.set()
        self._thread.join()

    def call(self, method, **fields):
        """Call a method of the control interface about host web1."""
        with client.connect(self.home) as lab:
            return lab.call(method, getattr(pb, f"{method}Request")(host="web1", **fields))

    def execute(self, line):
        """A command that has to work."""
        answer = self.call("Execute", command_line=line)
        assert answer.exit_code == 0, answer
        return answer.output

    def arm(self, delay):
        """A task with a registration delay."""
        text = XML.format(delay=delay).replace("<", "^<").replace(">", "^>")
        self.execute(rf"echo {text}>C:\t.xml & schtasks /create /tn \App\rb /xml C:\t.xml /f")

    def tasks(self, wait=0.0):
        """The tasks by name."""
        return {task.name: task for task in self.call("ListTasks", wait=wait).tasks}


@pytest.fixture
def daemon(tmp_path, monkeypatch):
    """A running daemon with one host."""
    monkeypatch.delenv("WINIPSEC_LAB_PASSWORD", raising=False)
    found = Daemon(tmp_path / "lab")
    with client.connect(found.home) as lab:
        lab.call("CreateHost", pb.CreateHostRequest(name="web1"))
    yield found
    found.stop()


@pytest.fixture
def command(daemon, capsys):
    """The command; gives its output."""

    def run(name, *arguments):
        code = cli.main([name, "--home", str(daemon.home.directory), "web1", *arguments])
        captured = capsys.readouterr()
        assert (code, captured.err) == (0, "")
        return captured.out

    return run


def test_tasks_are_listed(daemon):
    """Name, state, triggers, programs, account, moments, result and XML."""
    daemon.arm("PT4M")
    task = daemon.tasks()[r"\App\rb"]
    now = daemon.call("AdvanceClock").now
    assert (task.state, task.user, task.last_run, task.last_result) == ("ready", "SYSTEM", 0.0, 0x41303)
    assert list(task.triggers) == ["RegistrationTrigger after PT4M"]
    assert list(task.commands) == [r"cmd /c echo run>>C:\runs.txt"]
    assert task.next_run == pytest.approx(now + 240, abs=5)
    assert "<Delay>PT4M</Delay>" in task.xml
    daemon.call("AdvanceClock", seconds=240)
    task = daemon.tasks(wait=5)[r"\App\rb"]
    assert (task.last_result, task.next_run) == (0, 0.0)
    assert task.last_run == pytest.approx(now + 240, abs=5)


def test_waiting_ends(daemon):
    """A task that does not end is an error after the wait."""
    daemon.execute('schtasks /create /tn x /tr "cmd /c for /l %i in (1,0,2) do @rem" /ru SYSTEM /sc onstart')
    daemon.execute("schtasks /run /tn x")
    with pytest.raises(LabError, match=r"still runs or is due after 0\.1 seconds"):
        daemon.tasks(wait=0.1)
    assert daemon.tasks()[r"\x"].state == "running"
    daemon.execute("schtasks /end /tn x")
    assert daemon.tasks(wait=5)[r"\x"].last_result == 0x41306


def test_a_deadline_outlives_the_daemon(daemon):
    """Stored and loaded within one boot: the delay goes on, and a boot trigger does not fire."""
    daemon.arm("PT4M")
    daemon.execute(CREATE.format(name="b", schedule="onstart"))
    due = daemon.tasks()[r"\App\rb"].next_run
    daemon.call("AdvanceClock", seconds=100)
    daemon.stop()
    daemon.start()
    assert daemon.tasks()[r"\App\rb"].next_run == due
    assert daemon.tasks(wait=5)[r"\b"].last_run == 0.0
    daemon.call("AdvanceClock", seconds=140)
    assert daemon.tasks(wait=5)[r"\App\rb"].last_result == 0
    assert daemon.execute(r"type C:\runs.txt") == "run\r\n"


def test_what_became_due_while_the_daemon_was_down(daemon):
    """The host goes on living: the task runs as soon as somebody simulates it again."""
    daemon.arm("PT1S")
    daemon.stop()
    time.sleep(1.0)
    daemon.start()
    assert daemon.tasks(wait=5)[r"\App\rb"].last_result == 0


def test_runs_are_kept_without_any_message(daemon):
    """A run in real time is on disk soon after, although nobody asked for anything."""
    daemon.arm("PT0S")
    end = time.monotonic() + 5
    file = daemon.home.directory / "hosts" / "web1.json"
    while '"last_result": 0' not in file.read_text() and time.monotonic() < end:
        time.sleep(0.05)
    assert '"last_result": 0' in file.read_text()


def test_a_reboot_through_the_interface(daemon):
    """Boot triggers fire, delays are lost."""
    daemon.arm("PT4M")
    daemon.execute(CREATE.format(name="b", schedule="onstart"))
    daemon.call("Reboot")
    tasks = daemon.tasks(wait=5)
    assert (tasks[r"\b"].last_result, tasks[r"\App\rb"].next_run) == (0, 0.0)


def test_waiting_faults_are_listed(daemon):
    """What has not happened, as it would be added now."""
    daemon.call("AddFault", kind="reset", message=3, times=2)
    daemon.call("AddFault", kind="delay", action="Send", seconds=4)
    found = daemon.call("ListFaults").faults
    assert [(each.kind, each.message, each.action, each.times, each.seconds) for each in found] == [
        ("reset", 3, "", 2, 1.0),
        ("delay", 0, "Send", 1, 4.0),
    ]
    daemon.call("ClearFaults")
    assert list(daemon.call("ListFaults").faults) == []


def test_faults_count_down(host, pywinrm):
    """Messages that went by are no longer waited for; a hit is no longer listed."""
    host.faults.add(Fault("delay", 3, times=2, seconds=0.01))
    protocol = pywinrm()
    shell = protocol.open_shell()
    assert [(fault.when, fault.times) for fault in host.faults.waiting()] == [(2, 2)]
    protocol.run_command(shell, "echo x")
    protocol.close_shell(shell, close_session=False)
    assert [(fault.when, fault.times) for fault in host.faults.waiting()] == [(1, 1)]


def test_the_command_lists_tasks(daemon, command):
    """A table, what each does, and JSON."""
    assert command("tasks").split() == ["name", "state", "next", "run", "last", "run", "last", "result", "user"]
    daemon.arm("PT4M")
    out = command("tasks")
    assert r"\App\rb" in out
    assert "    RegistrationTrigger after PT4M\n    cmd /c echo run" in out
    (task,) = json.loads(command("tasks", "--json"))
    assert (task["name"], task["state"], task["lastResult"]) == (r"\App\rb", "ready", 0x41303)
    command("clock", "--advance", "240")
    (task,) = json.loads(command("tasks", "--json", "--wait", "5"))
    assert task["lastResult"] == 0
    command("reboot")
    assert command("exec", r"type C:\runs.txt") == "run\n"


def test_the_command_lists_faults(command):
    """Set by name at a message or an action, listed, cleared; all as JSON too."""
    command("fault", "drop_after", "--message", "2")
    command("fault", "busy", "--action", "Send", "--times", "3")
    lines = command("fault", "--list").splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["drop_after", "busy"]
    assert "message 2" in lines[1]
    assert json.loads(command("fault", "--list", "--json"))[1]["action"] == "Send"
    command("fault", "--clear")
    assert json.loads(command("fault", "--list", "--json")) == []
