"""Batch files: arguments, labels, blocks, echo, error levels, files that change under way (winrm 4.3, 4.6)."""

from __future__ import annotations

import pytest
from conftest import HOME


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("@echo %1 %2", "a "),
        ("@echo [%~1] %*", '[b c] "b c" d'),
        ("@echo %~dp0 %~nx0", f"{HOME}\\ t.cmd"),
        ("@echo 100%%", "100%"),
        ("@echo 100%", "100"),
        ("@echo [%NO%]", "[]"),
        ("@echo %OS%", "Windows_NT"),
        ("@echo a^\n b", "a b"),
        ("@echo off\nif 1==2 (\necho a\n) else (\necho b\n)", "b"),
        ("@for %%i in (1 2) do @echo %%i", "1 2"),
        ("@echo off\ngoto x\necho no\n:x\necho yes", "yes"),
        ("@echo off\ncall :s 1 2\necho %errorlevel%\nexit /b\n:s\necho in %1 %2 %0\nexit /b 4", "in 1 2 :s 4"),
        ("@echo off\ngoto :eof\necho no", ""),
        ("@echo off\nnetsh --fail\necho %errorlevel%\nnetsh --fail & echo %errorlevel%", "3 3"),
        ("@echo off\nset X=a\nif 1==1 (\nset X=b\necho %X%\n)\necho %X%", "a b"),
        ("@echo off\nsetlocal enabledelayedexpansion\nset X=a\nif 1==1 (\nset X=b\necho !X!\n)", "b"),
        ("@echo off\nset X=1\nsetlocal\nset X=2\nendlocal\necho %X%", "1"),
        ("@echo off\nrem %~ & echo no\n:: no\necho yes", "yes"),
        ("@echo off\nset /p X=\necho [%X%]", "[]"),
        ("@echo off\nshift\necho.%1", ""),
        ('@echo off\nset "X=a&b"\necho "%X%"', '"a&b"'),
        ("@echo off\npushd C:\\Windows\ncd\npopd\ncd", f"C:\\Windows {HOME}"),
        ("@echo off\ncall echo %%OS%%", "Windows_NT"),
        ("@echo off\n\n\n  \necho a", "a"),
        ("@(echo a\necho b\n)", "a b"),
        ("@echo off\nset /a N=(2+3)*4-7%%4\necho %N%", "17"),
    ],
)
def test_batch_files(desk, text, out):
    """One small file per rule; the argument list is `a` unless the file asks for more."""
    arguments = '"b c" d' if "%~1" in text else "" if "shift" in text else "a"
    assert desk.batch(text, arguments)[1].decode().replace("\r\n", " ").strip() == out.strip()


def test_commands_are_shown_unless_echo_is_off(desk):
    """Blank line, prompt, the line as expanded."""
    assert (
        desk.batch("echo %OS%\n@echo quiet\n")[1].decode() == f"\r\n{HOME}>echo Windows_NT \r\nWindows_NT\r\nquiet\r\n"
    )


def test_an_indexed_batch_reports_each_command(desk):
    """The shape that attributes results to commands: markers and error levels on separate lines."""
    lines = ["@echo off"]
    for number, command in enumerate(("netsh a", "netsh --fail", "nosuch", "netsh b"), 1):
        lines += [f"echo #B {number}", command, f"echo #E {number} %errorlevel%"]
    code, out, _ = desk.batch("\n".join([*lines, "exit /b 0", ""]))
    assert code == 0
    assert [line for line in out.decode().split("\r\n") if line.startswith("#E")] == [
        "#E 1 0",
        "#E 2 3",
        "#E 3 9009",
        "#E 4 0",
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("exit /b 7", 7),
        ("exit 7", 7),
        ("netsh --fail", 3),
        ("netsh --fail\necho x", 3),
        ("netsh --fail\nver >nul", 0),
        ("call :s\nexit /b\n:s\nexit /b 6", 6),
        ("goto nowhere", 1),
        ("call :nowhere\nexit /b", 1),
        ("if (", 255),
        ("nosuch", 9009),
        ("ren armed fired || exit /b 5\nexit /b 0", 5),
        ("netsh --fail\nexit /b 0", 0),
    ],
)
def test_exit_codes_of_batch_files(desk, text, code):
    """What `cmd /c file.cmd` returns."""
    assert desk.batch(f"@echo off\n{text}\n")[0] == code


def test_the_exit_code_of_an_unknown_last_command_is_a_guess(desk):
    """9009 or 1."""
    desk.machine.guesses.set("cmd.unknown_program_in_batch", "1")
    assert desk.batch("@nosuch")[0] == 1


def test_a_rename_decides_who_comes_first(desk):
    """Two scripts that rename the same file: only the first goes on."""
    desk.machine.files.write(rf"{HOME}\armed", b"")
    text = "@echo off\nren armed fired || exit /b 5\nnetsh rollback\n"
    assert desk.batch(text)[0] == 0
    assert desk.batch(text)[0] == 5
    assert desk.arguments == [["rollback"]]


def test_a_syntax_error_ends_all_batch_files(desk):
    """The callers do not go on either; what ran before stays done."""
    desk.machine.files.write(rf"{HOME}\inner.cmd", b"@netsh one\r\n@& x\r\n@netsh two\r\n")
    code, _, err = desk.batch("@call inner.cmd\n@netsh three\n")
    assert code == 255
    assert desk.arguments == [["one"]]
    assert err == b"& was unexpected at this time.\r\n"


def test_without_call_the_other_batch_file_takes_over(desk):
    """The rest of the caller never runs; with `call` it does."""
    desk.machine.files.write(rf"{HOME}\inner.cmd", b"@netsh inner\r\n@exit /b 2\r\n")
    assert desk.batch("@inner.cmd\n@netsh outer\n")[0] == 2
    assert desk.arguments == [["inner"]]
    desk.batch("@call inner.cmd\n@netsh %errorlevel%\n")
    assert desk.arguments == [["inner"], ["inner"], ["2"]]


def test_a_batch_file_that_deletes_itself_ends_with_a_message(desk):
    """The interpreter reads line by line from the file."""
    code, _, err = desk.batch('@del "%~f0"\n@netsh never\n')
    assert (code, err, desk.arguments) == (1, b"The batch file cannot be found.\r\n", [])


def test_the_last_line_may_delete_the_file_and_set_the_exit_code(desk):
    """Both commands were read together, so nothing is missing."""
    code, _, err = desk.batch('@del "%~f0" & exit /b 4\n')
    assert (code, err) == (4, b"")


def test_a_batch_file_that_grows_goes_on_in_its_new_lines(desk):
    """The offset counts, not what the file was at the start."""
    desk.batch("@echo @netsh added>>t.cmd\n")
    assert desk.arguments == [["added"]]


def test_variables_of_a_batch_file_end_with_it_only_after_setlocal(desk):
    """Without `setlocal` they stay in the interpreter that called it."""
    desk.machine.files.write(rf"{HOME}\v.cmd", b"@set X=1\r\n")
    assert desk.out('cmd /v:on /c "v.cmd & echo !X!"') == "1\r\n"
    desk.machine.files.write(rf"{HOME}\v.cmd", b"@setlocal\r\n@set X=1\r\n")
    assert desk.out('cmd /v:on /c "v.cmd & echo [!X!]"') == "[]\r\n"


@pytest.mark.parametrize(("setting", "page", "shown"), [("console", 1252, "\u00e9"), ("oem", 1252, "\u0398")])
def test_the_page_of_batch_files_is_a_guess(desk, setting, page, shown):
    """Byte E9 is an e with an accent in the console's page 1252, a Greek letter in OEM page 437."""
    desk.machine.guesses.set("cmd.batch_code_page", setting)
    desk.machine.files.write(rf"{HOME}\t.cmd", b"@netsh \xe9\r\n")
    desk.run("t.cmd", code_page=page)
    assert desk.arguments == [[shown]]


def test_a_utf8_mark_breaks_the_first_line(desk):
    """The mark becomes part of the first word."""
    desk.machine.files.write(rf"{HOME}\t.cmd", "\ufeff@netsh a\r\n@netsh b\r\n".encode())
    _, _, err = desk.run("t.cmd", code_page=437)
    assert desk.arguments == [["b"]]
    assert b"is not recognized" in err


def test_lf_only_files_work(desk):
    """Bare line feeds end lines too."""
    desk.machine.files.write(rf"{HOME}\t.cmd", b"@netsh a\n@goto x\n@netsh b\n:x\n@netsh c")
    desk.run("t.cmd")
    assert desk.arguments == [["a"], ["c"]]


@pytest.mark.parametrize(("suffix", "level"), [("cmd", "0"), ("bat", "3")])
def test_set_clears_the_error_level_only_in_cmd_files(desk, suffix, level):
    """The old difference between the two kinds of batch file."""
    _, out, _ = desk.batch("@netsh --fail\n@set X=1\n@echo %errorlevel%\n", name=f"t.{suffix}")
    assert out.decode() == level + "\r\n"


def test_call_doubles_carets_in_quotes_and_expands_twice(desk):
    """Why `call` mangles values."""
    desk.batch('@set V=OS\n@call netsh "a^b" %%%V%%%\n')
    assert desk.arguments == [["a^^b", "Windows_NT"]]
