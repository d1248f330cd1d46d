"""The lab as a service: the control interface, and hosts that come back."""

from __future__ import annotations

import json
import stat
import threading
import time

import pytest
from winipsec_lab.service import client
from winipsec_lab.service import lab_pb2 as pb
from winipsec_lab.service.client import LabError, NotRunningError
from winipsec_lab.service.daemon import AlreadyRunningError, serve
from winipsec_lab.service.home import Home

POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"


class Daemon:
    """A daemon in a thread of the test."""

    def __init__(self, directory):
        self.home = Home(directory)
        self._ended = threading.Event()
        self._thread = None

    def start(self):
        """Start it and wait for its socket."""
        self._ended.clear()
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
        """Call a method of the control interface."""
        with client.connect(self.home) as lab:
            return lab.call(method, getattr(pb, f"{method}Request")(**fields))


@pytest.fixture
def daemon(tmp_path, monkeypatch):
    """A running daemon without hosts."""
    monkeypatch.delenv("WINIPSEC_LAB_PASSWORD", raising=False)
    started = Daemon(tmp_path / "lab")
    started.start()
    yield started
    started.stop()


class TestHosts:
    """Birth, persistence and death."""

    def test_create_and_list(self, daemon):
        """A host has all that a client needs to know."""
        host = daemon.call("CreateHost", name="web1", locale="de-DE").host
        assert (host.name, host.locale, host.username, host.virtual_address) == (
            "web1",
            "de-DE",
            "Administrator",
            "10.77.0.1",
        )
        assert host.address == "127.77.0.1"
        assert [other.name for other in daemon.call("ListHosts").hosts] == ["web1"]
        assert daemon.call("GetStatus").hosts[0].machine_guid == host.machine_guid

    def test_hosts_come_back(self, daemon):
        """After a restart of the daemon a host is the one it was: identity, registry, files, guesses, password."""
        before = daemon.call("CreateHost", name="web1", guesses={"wire.repeated_receive": "lost"}).host
        daemon.call("Execute", host="web1", command_line=r"echo kept>C:\kept.txt")
        daemon.call("Execute", host="web1", command_line='netsh ipsec static add policy name="kept"')
        password = json.loads(daemon.home.hosts_file.read_text())[0]["password"]
        daemon.stop()
        daemon.start()
        after = daemon.call("ListHosts").hosts[0]
        assert (after.machine_guid, after.address) == (before.machine_guid, before.address)
        assert daemon.call("Execute", host="web1", command_line=r"type C:\kept.txt").output == "kept\r\n"
        assert "kept" in daemon.call("Dump", host="web1").text
        settings = {guess.name: guess.setting for guess in daemon.call("ListGuesses", host="web1").guesses}
        assert settings["wire.repeated_receive"] == "lost"
        assert json.loads(daemon.home.hosts_file.read_text())[0]["password"] == password

    def test_changes_over_winrm_are_kept(self, daemon):
        """What a WinRM client did survives too, although no control call was made."""
        import winrm

        daemon.call("CreateHost", name="web1")
        entry = json.loads(daemon.home.hosts_file.read_text())[0]
        session = winrm.Session(
            f"http://{entry['address']}:{entry['port']}/wsman",
            auth=(entry["username"], entry["password"]),
            transport="ntlm",
            proxy=None,
        )
        assert session.run_cmd(r"echo wire>C:\wire.txt").status_code == 0
        daemon.stop()
        daemon.start()
        assert daemon.call("Execute", host="web1", command_line=r"type C:\wire.txt").output == "wire\r\n"

    def test_reset_and_delete(self, daemon):
        """Reset brings the birth back, delete takes the host away for good."""
        guid = daemon.call("CreateHost", name="web1").host.machine_guid
        daemon.call("Execute", host="web1", command_line=r"echo x>C:\x.txt")
        daemon.call("ResetHost", host="web1")
        assert daemon.call("Execute", host="web1", command_line=r"type C:\x.txt").exit_code == 1
        assert daemon.call("ListHosts").hosts[0].machine_guid == guid
        daemon.call("DeleteHost", host="WEB1")
        daemon.stop()
        daemon.start()
        assert list(daemon.call("ListHosts").hosts) == []

    def test_private_files(self, daemon):
        """Password and connection data are for their owner only."""
        daemon.call("CreateHost", name="web1")
        for name in ("hosts.json", "password", "hosts/web1.json", "pki/ca.key"):
            assert stat.S_IMODE((daemon.home.directory / name).stat().st_mode) == 0o600
        assert stat.S_IMODE(daemon.home.directory.stat().st_mode) == 0o700

    def test_password_from_the_environment(self, tmp_path, monkeypatch):
        """The environment may choose the password."""
        monkeypatch.setenv("WINIPSEC_LAB_PASSWORD", "Chosen:1")
        daemon = Daemon(tmp_path)
        daemon.start()
        daemon.call("CreateHost", name="web1")
        assert json.loads(daemon.home.hosts_file.read_text())[0]["password"] == "Chosen:1"
        daemon.stop()

    def test_second_daemon(self, daemon, monkeypatch):
        """One home has one daemon."""
        monkeypatch.setattr("winipsec_lab.service.daemon._LOCK_SECONDS", 0.1)
        with pytest.raises(AlreadyRunningError):
            serve(daemon.home)

    def test_damaged_host(self, tmp_path):
        """A damaged file is named, and so is the way out."""
        home = Home(tmp_path)
        home.prepare()
        (tmp_path / "hosts" / "web1.json").write_text("{", encoding="utf-8")
        with pytest.raises(ValueError, match=r"web1\.json is damaged .*; delete it"):
            serve(home)

    def test_long_home(self, tmp_path):
        """A home whose path is too long for a socket address works all the same."""
        daemon = Daemon(tmp_path / ("long" * 30))
        daemon.start()
        assert daemon.call("GetStatus").home.endswith("long" * 30)
        daemon.stop()
        assert not daemon.home.socket.exists()


class TestControl:
    """Reaching into a host."""

    def test_registry(self, daemon):
        """Keys can be read and edited past every check."""
        daemon.call("CreateHost", name="web1")
        key = r"HKLM\SOFTWARE\Example"
        values = [
            pb.RegistryValue(name="text", type="REG_SZ", text="a"),
            pb.RegistryValue(name="number", type="REG_DWORD", number=5),
            pb.RegistryValue(name="bytes", type="REG_BINARY", binary=b"\x01\x02"),
            pb.RegistryValue(name="many", type="REG_MULTI_SZ", texts=pb.Texts(items=["a", "b"])),
        ]
        edits = [pb.RegistryEdit(key=key, set_value=value) for value in values]
        edits.append(pb.RegistryEdit(key=key + r"\Below", create_key=True))
        daemon.call("EditRegistry", host="web1", edits=edits)
        read = daemon.call("ReadKey", host="web1", key=key)
        assert sorted(read.values, key=lambda v: v.name) == sorted(values, key=lambda v: v.name)
        assert list(read.subkeys) == ["Below"]
        daemon.call("EditRegistry", host="web1", edits=[pb.RegistryEdit(key=key, delete_value="text")])
        assert len(daemon.call("ReadKey", host="web1", key=key).values) == 3
        daemon.call("EditRegistry", host="web1", edits=[pb.RegistryEdit(key=key, delete_key=True)])
        with pytest.raises(LabError, match="there is no key"):
            daemon.call("ReadKey", host="web1", key=key)

    def test_load_and_dump(self, daemon):
        """A store moves from host to host as text, and replaces what was there."""
        for name in ("web1", "web2"):
            daemon.call("CreateHost", name=name)
        daemon.call("Execute", host="web1", command_line='netsh ipsec static add policy name="travels"')
        daemon.call("Execute", host="web2", command_line='netsh ipsec static add policy name="stays"')
        text = daemon.call("Dump", host="web1").text
        daemon.call("Load", host="web2", text=text)
        assert daemon.call("Dump", host="web2").text == text
        with pytest.raises(LabError, match="no key below"):
            daemon.call(
                "Load", host="web2", text="Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\X]\r\n"
            )
        assert daemon.call("Dump", host="web2").text == text

    def test_packet(self, daemon):
        """A packet passes a host without a policy, and the reason is said."""
        daemon.call("CreateHost", name="web1")
        verdict = daemon.call(
            "TestPacket", host="web1", direction=pb.DIRECTION_IN, remote="192.0.2.7", protocol=17, local_port=1434
        )
        assert (verdict.result, bool(verdict.reason)) == ("passes", True)
        with pytest.raises(LabError, match="in or out"):
            daemon.call("TestPacket", host="web1", remote="192.0.2.7", protocol=17)

    def test_exit_codes(self, daemon):
        """Exit codes are unsigned as on Windows."""
        daemon.call("CreateHost", name="web1")
        assert daemon.call("Execute", host="web1", command_line="exit -1").exit_code == 4294967295

    def test_weather(self, daemon):
        """Latency, faults, services, reboot, clock and guesses can be set."""
        daemon.call("CreateHost", name="web1")
        daemon.call("SetLatency", host="web1", round_trip=0.01)
        daemon.call("AddFault", host="web1", kind="reset", action="Command", times=2)
        assert daemon.call("ListHosts").hosts[0].counters.waiting_faults == 1
        daemon.call("ClearFaults", host="web1")
        assert daemon.call("ListHosts").hosts[0].counters.waiting_faults == 0
        daemon.call("RestartService", host="web1", service="policyagent")
        daemon.call("Reboot", host="web1")
        now = daemon.call("AdvanceClock", host="web1", seconds=3600).now
        assert now - time.time() == pytest.approx(3600, abs=10)
        daemon.call("Watch", host="web1", text="canary")
        daemon.call("SetGuess", host="web1", name="wire.finished_receive", setting="fault")
        assert list(daemon.call("GetTranscript", host="web1").entries) == []

    @pytest.mark.parametrize(
        ("method", "fields", "text"),
        [
            ("CreateHost", {"name": "web1"}, "already"),
            ("CreateHost", {"name": "a b"}, "no host name"),
            ("CreateHost", {"name": "web2", "locale": "xx-XX"}, "locale"),
            ("DeleteHost", {"host": "web9"}, "no host named 'web9'; there are: web1"),
            ("Execute", {"host": "", "command_line": "ver"}, "no host named"),
            ("AddFault", {"host": "web1", "kind": "explode"}, "unknown fault 'explode'; known: drop_before"),
            ("SetLatency", {"host": "web1", "round_trip": -1}, "negative"),
            ("RestartService", {"host": "web1", "service": "none"}, "no such service: none; known: "),
            ("SetGuess", {"host": "web1", "name": "wire.none", "setting": "x"}, "no such guess"),
            (
                "SetGuess",
                {"host": "web1", "name": "wire.repeated_receive", "setting": "x"},
                "possible: redelivered, lost",
            ),
            ("AdvanceClock", {"host": "web1", "seconds": -1}, "backwards"),
            ("Watch", {"host": "web1", "text": ""}, "empty"),
        ],
    )
    def test_mistakes(self, daemon, method, fields, text):
        """A mistake is answered with what is wrong and what would be right."""
        daemon.call("CreateHost", name="web1")
        with pytest.raises(LabError, match=text):
            daemon.call(method, **fields)


def test_nobody_there(tmp_path):
    """Without a daemon the error says how to start one."""
    with pytest.raises(NotRunningError, match="winipsec-lab up"):
        Daemon(tmp_path).call("GetStatus")


def test_dead_socket(tmp_path):
    """A socket that a killed daemon left behind is nobody, too."""
    import socket

    daemon = Daemon(tmp_path)
    daemon.home.prepare()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(daemon.home.socket))
    assert not client.is_running(daemon.home)
    daemon.start()
    assert daemon.call("GetStatus").pid
    daemon.stop()
