"""`whoami`, `hostname`, `ping`, `timeout`, `ipconfig`, `shutdown`, `powershell` (winrm 4.3, 4.7)."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("whoami", "web1\\administrator\r\n"),
        ("hostname", "WEB1\r\n"),
        ("whoami /user /fo csv /nh", '"web1\\administrator","{sid}"\r\n'),
    ],
)
def test_who_and_where(desk, line, out):
    """Lower case for the account, upper case for the host."""
    sid = desk.machine.accounts.identify("Administrator")
    assert desk.out(line) == out.replace("{sid}", sid)


def test_whoami_lists_groups_in_the_language_of_the_host(desk_in):
    """Administrators by number are the same everywhere."""
    for locale in ("en-US", "de-DE", "ru-RU", "ja-JP", "zh-CN"):
        out = desk_in(locale).out("whoami /groups /fo csv /nh")
        assert '"S-1-5-32-544"' in out
        assert '"S-1-16-12288"' in out
    assert '"VORDEFINIERT\\Administratoren"' in desk_in("de-DE").out("whoami /groups /fo csv /nh")


def test_whoami_tables_are_aligned(desk):
    """A line of equals signs as wide as each column."""
    lines = desk.out("whoami /user").split("\r\n")
    assert lines[1:4] == ["USER INFORMATION", "----------------", ""]
    assert lines[5].split(" ")[0] == "=" * len("web1\\administrator")
    assert "User Name:" in desk.out("whoami /user /fo list")


@pytest.mark.parametrize(
    "line",
    [
        "whoami /x",
        "whoami /priv",
        "whoami /user /fo xml",
        "hostname x",
        "ipconfig /flushdns",
        "timeout",
        "timeout x",
        "timeout /t 1 /x",
        "ping",
        "ping -z x",
        "ping -n 0 127.0.0.1",
        "ping -n x 127.0.0.1",
        "ping nowhere",
        "shutdown",
        "shutdown /s",
        "shutdown /x",
        "powershell -NoProfile -Command exit 0",
    ],
)
def test_refusals(desk, line):
    """Exit code 1 and something to read, never a silent success."""
    code, out, err = desk.run(line)
    assert code == 1
    assert out + err
    assert not desk.machine.reboot_requested.is_set()


def test_ping_is_a_timer_on_the_clock_of_the_machine(desk):
    """Four seconds pass between five answers, hardly any real time."""
    before = desk.machine.clock.timestamp()
    code, out, _ = desk.run("ping -n 5 127.0.0.1")
    assert code == 0
    assert out.count(b"Reply from 127.0.0.1: bytes=32 time<1ms TTL=128") == 5
    assert b"Packets: Sent = 5, Received = 5, Lost = 0 (0% loss)," in out
    assert 4.0 <= desk.machine.clock.timestamp() - before < 6.0


@pytest.mark.parametrize(
    ("target", "code"),
    [("10.77.0.1", 0), ("2001:db8::1", 0), ("web1", 0), ("web1.example.test", 0), ("192.0.2.9", 1), ("::1", 0)],
)
def test_only_the_host_itself_answers(desk, target, code):
    """Everything else times out."""
    assert desk.code(f"ping -n 1 -w 100 {target}") == code


def test_timeout_insists_on_a_console(desk):
    """With redirected input it ends at once; at a console it waits."""
    assert desk.run("timeout /t 5 /nobreak") == (
        1,
        b"",
        b"ERROR: Input redirection is not supported, exiting the process immediately.\r\n",
    )
    before = desk.machine.clock.timestamp()
    assert desk.run("timeout 5", redirected=False)[0] == 0
    assert desk.machine.clock.timestamp() - before >= 5
    assert desk.run("timeout 5 <nul", redirected=False)[0] == 1
    assert desk.run("timeout 100000", redirected=False)[0] == 1


def test_ipconfig_shows_the_addresses_of_the_registry(desk):
    """Whoever writes the registry changes the addresses."""
    out = desk.out("ipconfig /all")
    assert "10.77.0.1(Preferred)" in out
    assert "2001:db8::1(Preferred)" in out
    assert "10.77.0.254" in out
    key = rf"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces\{desk.machine.network.interface}"
    desk.run(rf"reg add {key} /v IPAddress /t REG_MULTI_SZ /d 10.77.0.9 /f")
    assert "10.77.0.9" in desk.out("ipconfig")
    assert desk.machine.addresses == ("10.77.0.9", "2001:db8::1")


def test_shutdown_asks_for_a_reboot_and_takes_it_back(desk):
    """Whoever runs the machine carries it out."""
    assert desk.code("shutdown /a") == 1116
    assert desk.run("shutdown /r /t 0 /f") == (0, b"", b"")
    assert desk.machine.reboot_requested.is_set()
    assert desk.code("shutdown /a") == 0
    assert not desk.machine.reboot_requested.is_set()


def test_powershell_says_that_it_is_not_there(desk):
    """Nobody takes its absence for success."""
    assert desk.run("powershell -c 1") == (1, b"", b"PowerShell is not part of this simulated host.\r\n")
