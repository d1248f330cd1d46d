"""Confirmed commit with the lab's own means: a host that cut itself off comes back by itself (winrm 5).

The scripts are the spec's, sent by an unmodified client: snapshot, upload, arm, apply, silence, and the old store again,
byte for byte.
"""

from __future__ import annotations

import base64
import socket
import time

import pytest
import requests
from winipsec_lab.machine.registry_values import to_bytes
from winipsec_lab.scars import CONSOLE_POLICY_NAME
from winipsec_lab.testing import Packet

STORE = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
FOLDER = r"C:\ProgramData\app"
LOG = rf"{FOLDER}\rollback-ID.log"
RUNNER = '"%~dp0rollback-ID.log" 2>&1'
ROLLBACK = rf"""@echo off
setlocal
cd /d "%~dp0"
ren armed-ID fired-ID || exit /b 0
set BIN=%SystemRoot%\System32
%BIN%\netsh.exe ipsec static set policy name="cut" assign=no >>{RUNNER}
echo unassign %errorlevel% >>{RUNNER}
%BIN%\net.exe stop PolicyAgent /y >>{RUNNER}
echo stop %errorlevel% >>{RUNNER}
if not exist "pre-ID.reg" goto start
(
  "%BIN%\reg.exe" delete "{STORE}" /f
  "%BIN%\reg.exe" import "%~dp0pre-ID.reg"
) >>{RUNNER}
echo restore %errorlevel% >>{RUNNER}
:start
%BIN%\net.exe start PolicyAgent >>{RUNNER}
echo start %errorlevel% >>{RUNNER}
del /q pre-ID.ipsec
%BIN%\schtasks.exe /delete /tn "\App\rb-ID" /f >>{RUNNER}
exit /b 0
"""
APPLY = """@echo off
netsh ipsec static add filterlist name="everything"
netsh ipsec static add filter filterlist="everything" srcaddr=any dstaddr=any protocol=any mirrored=yes
netsh ipsec static add filteraction name="block it" action=block
netsh ipsec static add policy name="cut"
netsh ipsec static add rule name="cut" policy="cut" filterlist="everything" filteraction="block it"
netsh ipsec static set policy name="cut" assign=yes
"""
TASK = rf"""<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers>
    <RegistrationTrigger><Enabled>true</Enabled><Delay>DELAY</Delay></RegistrationTrigger>
    <BootTrigger><Enabled>true</Enabled></BootTrigger>
  </Triggers>
  <Principals><Principal id="A"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal></Principals>
  <Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries><StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable><ExecutionTimeLimit>PT10M</ExecutionTimeLimit><Priority>4</Priority>
  </Settings>
  <Actions Context="A"><Exec><Command>C:\Windows\System32\cmd.exe</Command>
    <Arguments>/d /c "{FOLDER}\rollback-ID.cmd"</Arguments></Exec></Actions>
</Task>
"""
EVERYTHING = Packet("in", "10.77.0.1", "192.0.2.7", 6, 445, 50000)


def contents(host):
    """Every key and value of the store, as bytes."""
    with host.registry.lock:
        return [
            (path, [(name, value.type, to_bytes(value)) for name, value in values])
            for path, values in host.registry.walk(STORE)
        ]


class Client:
    """A client with one shell that goes through the steps of the spec."""

    def __init__(self, host, pywinrm, run):
        self.host = host
        self._pywinrm, self._run = pywinrm, run
        self.protocol = pywinrm(timeout=4)

    def __call__(self, line, *, stdin=None):
        """Run a command that has to work; its output."""
        out, err, code = self._run(self.protocol, line, stdin=stdin)
        assert code == 0, (line, out, err)
        return out

    def upload(self, name, text):
        """A text file through a pipe."""
        data = text.replace("\n", "\r\n").encode()
        self(rf'findstr "^" >"{FOLDER}\{name}"', stdin=data)

    def arm(self, delay):
        """Snapshot, upload, arm."""
        self(f'md "{FOLDER}"')
        self(
            rf'netsh ipsec static exportpolicy file="{FOLDER}\pre-ID.ipsec" && '
            rf'reg export {STORE} "{FOLDER}\pre-ID.reg" /y >nul && echo.>"{FOLDER}\armed-ID"'
        )
        self.upload("rollback-ID.cmd", ROLLBACK)
        self.upload("apply-ID.cmd", APPLY)
        task = b"\xff\xfe" + TASK.replace("DELAY", delay).replace("\n", "\r\n").encode("utf-16-le")
        self(rf'findstr "^" >"{FOLDER}\rb.b64"', stdin=base64.encodebytes(task))
        self(rf'certutil -f -decode "{FOLDER}\rb.b64" "{FOLDER}\rb.xml" >nul')
        self(rf'schtasks /create /tn "\App\rb-ID" /xml "{FOLDER}\rb.xml" /f')
        assert b"Ready" in self(r'schtasks /query /tn "\App\rb-ID"')

    def apply(self):
        """The command that cuts its own connection off: it is done, and no answer comes."""
        protocol = self._pywinrm(patience=0.3)
        shell = protocol.open_shell()
        line = rf'cmd /d /c "{FOLDER}\apply-ID.cmd" >"{FOLDER}\apply.log" 2>&1'
        with pytest.raises(requests.exceptions.ReadTimeout):
            protocol.get_command_output(shell, protocol.run_command(shell, line))
        assert self.host.packet(EVERYTHING).result == "dropped"

    def alive(self):
        """A new connection gets an answer."""
        assert self._run(self._pywinrm(timeout=4), "echo back")[0] == b"back\r\n"

    def silent(self):
        """A new connection gets none."""
        with pytest.raises(requests.exceptions.ReadTimeout):
            self._pywinrm(patience=0.3).open_shell()


@pytest.fixture
def host(lab):
    """A host with the scars of a real one, one of its policies in force."""
    found = lab.create("web1", scars=True)
    assert found.run(f'netsh ipsec static set policy name="{CONSOLE_POLICY_NAME}" assign=yes')[0] == 0
    for line in (  # the console's policy blocks much; let the client in
        'add filterlist name="winrm"',
        'add filter filterlist="winrm" srcaddr=any dstaddr=me protocol=tcp dstport=5985',
        'add filteraction name="let in" action=permit',
        f'add rule name="let in" policy="{CONSOLE_POLICY_NAME}" filterlist="winrm" filteraction="let in"',
    ):
        assert found.run(f"netsh ipsec static {line}")[0] == 0
    return found


@pytest.fixture
def client(host, pywinrm, run):
    """A client of that host."""
    return Client(host, pywinrm, run)


def restored(host, before):
    """Everything is as it was, and the script says that each step worked."""
    assert host.machine.tasks.wait_until_idle()
    assert contents(host) == before
    log = host.machine.files.read(LOG).decode()
    for step in ("unassign 0", "stop 0", "restore 0", "start 0"):
        assert step in log
    assert host.machine.tasks.tasks() == []
    names = {info.name for info in host.machine.files.listing(FOLDER)}
    assert "fired-ID" in names
    assert not {"armed-ID", "pre-ID.ipsec"} & names
    verdict = host.packet(Packet("in", "10.77.0.1", "10.77.0.250", 6, 5985, 50000))
    assert (verdict.result, verdict.policy) == ("passes", CONSOLE_POLICY_NAME)


def test_the_clock_brings_the_host_back(client, host):
    """Armed, applied, silent; four minutes later the old policy is in force again."""
    before = contents(host)
    client.arm("PT4M")
    client.apply()
    client.silent()
    with socket.create_connection((host.address, host.port), timeout=0.2) as raw:
        raw.sendall(b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        with pytest.raises(TimeoutError):
            raw.recv(1)
    host.machine.clock.advance(230)
    time.sleep(0.05)
    client.silent()
    host.machine.clock.advance(10)
    restored(host, before)
    client.alive()


def test_a_reboot_brings_the_host_back(client, host):
    """The delay does not survive it, the boot trigger fires: once."""
    before = contents(host)
    client.arm("PT4M")
    client.apply()
    host.reboot()
    restored(host, before)
    client.alive()
    host.machine.clock.advance(1000)
    restored(host, before)
    assert host.machine.files.read(LOG).count(b"unassign") == 1


def test_real_time_brings_the_host_back(client, host):
    """Nobody moves the clock."""
    before = contents(host)
    client.arm("PT3S")
    client.apply()
    assert host.machine.tasks.find(r"\App\rb-ID")
    end = time.monotonic() + 8
    while contents(host) != before and time.monotonic() < end:
        time.sleep(0.02)
    restored(host, before)
    client.alive()


def test_a_confirmed_change_stays(client, host):
    """Whoever renames first wins: after the disarming neither the clock nor a reboot undoes anything."""
    client.arm("PT4M")
    client.upload("apply-ID.cmd", APPLY.replace("action=block", "action=permit"))
    client(rf'cmd /d /c "{FOLDER}\apply-ID.cmd"')
    client(rf'ren "{FOLDER}\armed-ID" disarmed-ID && schtasks /delete /tn "\App\rb-ID" /f')
    after = contents(host)
    host.machine.clock.advance(1000)
    host.reboot()
    assert host.machine.tasks.wait_until_idle()
    assert contents(host) == after
    assert not host.machine.files.is_file(LOG)
    client.alive()


def test_a_rollback_that_comes_too_late_does_nothing(client, host):
    """The task is still there, but the mark is not: the script ends at once."""
    client.arm("PT4M")
    client(rf'ren "{FOLDER}\armed-ID" disarmed-ID')
    before = contents(host)
    host.machine.clock.advance(240)
    assert host.machine.tasks.wait_until_idle()
    assert (contents(host), host.machine.files.is_file(LOG)) == (before, False)
    assert host.machine.tasks.find(r"\App\rb-ID").last_result == 0


def test_export_files_are_the_other_way_back(client, host):
    """`delete all`, `importpolicy`, assign by name: the same objects, but for the time of the change."""

    def objects():
        return [
            (path, [value for value in values if value[0] != "whenChanged"])
            for path, values in contents(host)
            if path.endswith("}")
        ]

    client.arm("PT4M")
    before = objects()
    client("netsh ipsec static delete all")
    assert objects() == []
    client(rf'netsh ipsec static importpolicy file="{FOLDER}\pre-ID.ipsec"')
    client(f'netsh ipsec static set policy name="{CONSOLE_POLICY_NAME}" assign=yes')
    assert objects() == before
    assert host.packet(Packet("in", "10.77.0.1", "10.77.0.250", 6, 5985, 50000)).result == "passes"


class TestSilence:
    """What a host that goes down says while a policy blocks it: nothing."""

    BLOCK = APPLY.splitlines()[1:]

    def cut(self, host):
        """Block everything."""
        for line in self.BLOCK:
            assert host.run(line)[0] == 0

    def test_a_reboot_resets_nothing_that_is_blocked(self, host):
        """An open connection hears no reset, although the host has forgotten it; it does when the block is lifted."""
        with socket.create_connection((host.address, host.port), timeout=0.3) as raw:
            raw.sendall(b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            assert raw.recv(65536).startswith(b"HTTP/1.1 401")
            self.cut(host)
            host.reboot()
            with pytest.raises(TimeoutError):
                raw.recv(1)
            assert host.open_connections == 1
            assert host.run('netsh ipsec static set policy name="cut" assign=no')[0] == 0
            raw.settimeout(2)
            with pytest.raises(ConnectionResetError):
                raw.recv(1)

    def test_a_reboot_resets_what_is_not_blocked(self, host):
        """Without a block the connection ends with a reset at once."""
        with socket.create_connection((host.address, host.port), timeout=2) as raw:
            raw.sendall(b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            assert raw.recv(65536).startswith(b"HTTP/1.1 401")
            host.reboot()
            with pytest.raises(ConnectionResetError):
                raw.recv(1)

    def test_a_stopped_agent_lets_everything_through(self, host):
        """Stopped: nothing is enforced; started again: what the store says then."""
        self.cut(host)
        assert host.packet(EVERYTHING).result == "dropped"
        assert host.run("net stop PolicyAgent")[0] == 0
        assert host.packet(EVERYTHING).result == "passes"
        assert host.run("net start PolicyAgent")[0] == 0
        assert host.packet(EVERYTHING).result == "dropped"
