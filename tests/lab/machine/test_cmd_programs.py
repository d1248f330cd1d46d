"""How cmd finds and starts programs: the quote rule, spellings, input, environment (spec: winrm 1.4, 4.3)."""

from __future__ import annotations

import io
import threading

import pytest
from conftest import HOME


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ('"echo hi" a b', "hi a b"),
        ('"echo" hi', "hi"),
        (r'"C:\Windows\System32\hostname.exe"', "WEB1"),
        (r'cmd /s /c "echo "a b""', '"a b"'),
        ('cmd /c echo "a" & echo b', '"a"  b'),
        ("cmd /d /q /c echo a", "a"),
        (r'""C:\Windows\System32\cmd.exe" /c echo "x y""', '"x y"'),
    ],
)
def test_the_quote_rule(desk, line, out):
    """What `/C` does with quotes around and in its line."""
    assert desk.out(line).replace("\r\n", " ").strip() == out


def test_quoted_program_with_quoted_argument_breaks(desk):
    """The first and last quote go, and the path splits at its blank."""
    desk.machine.files.make_folder(r"C:\Program Files\app")
    code, _, err = desk.run(r'"C:\Program Files\app\a.exe" "x y"')
    assert code == 1
    assert err.startswith(b"'C:\\Program' is not recognized")


def test_a_quoted_program_with_blanks_runs_alone(desk):
    """Exactly two quotes around the name of a program stay."""
    image = desk.machine.files.read(r"C:\Windows\System32\hostname.exe")
    desk.machine.files.write(r"C:\Program Files\host name.exe", image)
    assert desk.out(r'"C:\Program Files\host name.exe"') == "WEB1\r\n"


def test_programs_are_found_in_all_their_spellings(desk):
    """With and without suffix, by path, in any case, with a switch attached."""
    for name in ("hostname", "HOSTNAME.EXE", r"%SystemRoot%\System32\hostname.exe", r"C:\windows\system32\hostname"):
        assert desk.out(name) == "WEB1\r\n"
    assert "10.77.0.1" in desk.out("ipconfig/all")


def test_commands_on_standard_input_are_shown_with_the_prompt(desk):
    """`cmd` without `/c` reads lines, and under UTF-8 loses everything outside ASCII."""
    code, out, _ = desk.run("cmd", "echo \u00e4\r\nexit 4\r\n".encode())
    assert code == 4
    assert out.decode().split("\r\n")[0].startswith("Microsoft Windows [Version ")
    assert f"\r\n{HOME}>echo \ufffd\ufffd\r\n\ufffd\ufffd\r\n" in out.decode()


def test_cancelling_ends_a_command(desk):
    """Ctrl-c stops what runs and what would run next."""
    cancelled = threading.Event()
    desk.machine.clock.wait_scale = 1.0
    timer = threading.Timer(0.1, cancelled.set)
    timer.start()
    code = desk.machine.start_process(
        "ping -n 100 127.0.0.1 >nul & netsh",
        stdin=io.BytesIO(),
        stdout=len,
        stderr=len,
        environment={},
        directory="",
        code_page=0,
        user="Administrator",
        cancelled=cancelled,
    )
    assert code == -1073741510
    assert desk.arguments == []


def test_without_a_shell_only_a_full_path_starts(desk):
    """Direct start: no operators, no search, and a missing file is an error of the caller."""
    common = {
        "stdin": io.BytesIO(),
        "stdout": len,
        "stderr": len,
        "environment": {},
        "directory": "",
        "code_page": 0,
        "user": "Administrator",
        "cancelled": threading.Event(),
        "shell": False,
    }
    assert desk.machine.start_process(r"C:\Windows\System32\netsh.exe a & b", **common) == 0
    assert desk.arguments == [["a", "&", "b"]]
    with pytest.raises(FileNotFoundError):
        desk.machine.start_process(r"netsh a", **common)


def test_the_environment_of_the_shell_reaches_every_command(desk):
    """Variables given at the start expand and are inherited."""
    seen = []
    desk.machine.start_process(
        "echo %DEPLOY%",
        stdin=io.BytesIO(),
        stdout=seen.append,
        stderr=len,
        environment={"Deploy": "42"},
        directory="C:\\Windows",
        code_page=437,
        user="Administrator",
        cancelled=threading.Event(),
    )
    assert seen == [b"42\r\n"]
