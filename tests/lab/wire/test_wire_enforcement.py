"""Enforcement: a policy that blocks WinRM makes the host silent (spec: winrm 5.7, design 7)."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import requests

STATIC = "netsh ipsec static"
BLOCK = (
    f'{STATIC} add filterlist name="winrm"',
    f'{STATIC} add filteraction name="block" action=block',
    f'{STATIC} add policy name="cut"',
)
WIDE = f'{STATIC} add filter filterlist="winrm" srcaddr=any dstaddr=me protocol=tcp dstport=5985 mirrored=yes'
IN_ONLY = f'{STATIC} add filter filterlist="winrm" srcaddr=any dstaddr=me protocol=tcp dstport=5985 mirrored=no'
OUT_ONLY = f'{STATIC} add filter filterlist="winrm" srcaddr=me dstaddr=any protocol=tcp srcport=5985 mirrored=no'
RULE = f'{STATIC} add rule name="cut" policy="cut" filterlist="winrm" filteraction="block"'
ASSIGN = f'{STATIC} set policy name="cut" assign=yes'
UNASSIGN = f'{STATIC} set policy name="cut" assign=no'


@pytest.fixture
def cut(host):
    """Prepares a policy that cuts WinRM off; assigning it is the test's affair."""

    def prepare(filter_line=WIDE, *, assign=True):
        for line in (*BLOCK, filter_line, RULE):
            code, out, err = host.run(line)
            assert code == 0, (line, out, err)
        if assign:
            assert host.run(ASSIGN)[0] == 0

    return prepare


def test_new_connection(host, pywinrm, cut):
    """A new connection is taken by TCP and then nothing: no answer, no reset, no end."""
    cut()
    with pytest.raises(requests.exceptions.ReadTimeout):
        pywinrm(patience=0.25).open_shell()
    assert host.messages == 0
    with socket.create_connection((host.address, host.port), timeout=0.25) as raw:
        raw.sendall(b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        with pytest.raises(TimeoutError):
            raw.recv(1)


def test_tls_of_another_port_lives(pywinrm, run, cut):
    """The filter names port 5985: HTTPS goes on."""
    cut()
    assert run(pywinrm("basic", tls=True), "echo alive") == (b"alive\r\n", b"", 0)


def test_existing_connection(host, pywinrm, cut):
    """An open connection falls silent as well, and an abandoned message is never run."""
    protocol = pywinrm(patience=0.25)
    shell = protocol.open_shell()
    cut()
    with pytest.raises(requests.exceptions.ReadTimeout):
        protocol.run_command(shell, r"echo x>C:\mark.txt")
    host.run(UNASSIGN)
    time.sleep(0.3)
    assert [entry.action for entry in host.transcript()] == ["Create"]
    assert not host.machine.files.exists(r"C:\mark.txt")


def test_shell_survives(host, pywinrm, cut):
    """When the block is lifted, a new connection finds the old shell."""
    protocol = pywinrm(patience=0.25)
    shell = protocol.open_shell()
    cut()
    with pytest.raises(requests.exceptions.ReadTimeout):
        protocol.run_command(shell, "echo x")
    host.run(UNASSIGN)
    protocol.transport.close_session()
    command = protocol.run_command(shell, "echo back")
    assert protocol.get_command_output(shell, command)[0] == b"back\r\n"


def test_lifted_in_time(host, pywinrm, cut):
    """What waits goes through when the block is lifted before the client gives up, as TCP retransmits."""
    protocol = pywinrm(timeout=4)
    shell = protocol.open_shell()
    cut()
    timer = threading.Timer(0.3, lambda: host.run(UNASSIGN))
    timer.start()
    assert protocol.run_command(shell, "echo x")


def test_a_command_cuts_itself_off(host, pywinrm, cut):
    """The command that assigns the policy runs to its end; its own answers never leave."""
    cut(assign=False)
    protocol = pywinrm(patience=0.25)
    shell = protocol.open_shell()
    with pytest.raises(requests.exceptions.ReadTimeout):
        protocol.get_command_output(shell, protocol.run_command(shell, ASSIGN))
    assert host.run(f'{STATIC} show policy name="cut" level=normal')[0] == 0
    assert host.transcript()[1].command_line == ASSIGN


def test_only_the_way_out(host, pywinrm, cut):
    """With the way out blocked the command runs, and its answer is lost."""
    protocol = pywinrm(patience=0.25)
    shell = protocol.open_shell()
    cut(OUT_ONLY)
    with pytest.raises(requests.exceptions.ReadTimeout):
        protocol.run_command(shell, r"echo x>C:\mark.txt")
    assert host.machine.files.exists(r"C:\mark.txt")
    assert (host.transcript()[-1].action, host.transcript()[-1].status) == ("Command", 0)


def test_only_the_way_in(host, pywinrm, cut):
    """With the way in blocked nothing runs."""
    protocol = pywinrm(patience=0.25)
    shell = protocol.open_shell()
    cut(IN_ONLY)
    with pytest.raises(requests.exceptions.ReadTimeout):
        protocol.run_command(shell, "echo x")
    assert host.messages == 1


def test_negotiation_is_silence(host, pywinrm, cut):
    """A rule that demands IPsec silences a controller without IPsec."""
    cut(assign=False)
    assert (
        host.run(f'{STATIC} add filteraction name="need" action=negotiate qmsecmethods="ESP[3DES,SHA1]:100000k/3600s"')[
            0
        ]
        == 0
    )
    assert (
        host.run(f'{STATIC} set rule name="cut" policy="cut" newname="cut2" filteraction="need" kerberos=yes')[0] == 0
    )
    assert host.run(ASSIGN)[0] == 0
    with pytest.raises(requests.exceptions.ReadTimeout):
        pywinrm(patience=0.25).open_shell()


def test_stopped_agent(host, pywinrm, run, cut):
    """A stopped policy agent enforces nothing."""
    cut()
    assert host.run("net stop PolicyAgent")[0] == 0
    assert run(pywinrm(), "echo free")[2] == 0


def test_host_restarts(host, pywinrm):
    """A restarting host is silent for as long as it is down."""
    host.reboot(down=30)
    with pytest.raises(requests.exceptions.ReadTimeout):
        pywinrm(patience=0.25).open_shell()
