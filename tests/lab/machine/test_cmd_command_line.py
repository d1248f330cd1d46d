"""Command lines: operators, redirections, pipes, conditions, loops, exit codes (winrm 4.3, wine-oracle 4)."""

from __future__ import annotations

import pytest
from conftest import HOME

NOT_FOUND = b"'nosuch' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n"


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("echo a & echo b", "a \r\nb\r\n"),
        ("echo a&&echo b", "a\r\nb\r\n"),
        ("echo a||echo b", "a\r\n"),
        ("netsh --fail && echo B || echo C", "C\r\n"),
        ("netsh --fail || echo B && echo C", "B \r\nC\r\n"),
        ("netsh && echo B || echo C", "B \r\n"),
        ("netsh --fail & echo b", "b\r\n"),
        ("ren a b 2>nul && echo x || echo y", "y\r\n"),
        ("(echo a& echo b)", "a\r\nb\r\n"),
        ("(netsh --fail& netsh)&& echo ok", "ok\r\n"),
        ("echo a ^& echo b", "a & echo b\r\n"),
        ('echo "a & b"', '"a & b"\r\n'),
        ("@echo a", "a\r\n"),
        ("echo a,b;c=d", "a,b;c=d\r\n"),
        ("  ,;= echo a", "a\r\n"),
        ("echo.", "\r\n"),
        ("echo(z", "z\r\n"),
        ("echo:a", "a\r\n"),
        ("echo/a", "a\r\n"),
        ("echo", "ECHO is on.\r\n"),
        ("rem a & echo b", ""),
        ("rem & echo b", "b\r\n"),
        (":: a & echo b", ""),
        ("echo a\r\necho b", "a\r\n"),
        ("echo a^", "a\r\n"),
        ("", ""),
    ],
)
def test_operators(desk, line, out):
    """Which commands run, and what they see of their line."""
    assert desk.out(line) == out


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("netsh", 0),
        ("netsh --fail", 3),
        ("netsh --fail & netsh", 0),
        ("netsh --fail & echo x", 3),
        ("netsh --fail & del /q nofile", 0),
        ("netsh --fail & rem", 3),
        ("nosuch", 1),
        ("nosuch || echo x", 1),
        ("netsh --fail || netsh", 0),
        ("exit 7", 7),
        ("exit /b 7", 7),
        ("exit /b 7 & netsh", 7),
        ("ren a b || exit /b 5", 5),
        ("type nofile", 1),
        ("del nofile", 0),
        ("cd nofolder", 1),
        ("echo x >C:\\nofolder\\f", 1),
        ("netsh <nofile", 1),
        ("(netsh --fail)", 3),
        ("if 1==1 netsh --fail", 3),
        ("cmd /c exit 9", 9),
        ("cmd /c netsh --fail", 3),
        ("call netsh --fail", 3),
        ("call nosuch", 1),
        ("set /a 1/0", 1073750988),
    ],
)
def test_exit_codes(desk, line, code):
    """The exit code of `cmd /c`."""
    assert desk.code(line) == code


@pytest.mark.parametrize(
    ("line", "out", "err"),
    [
        ("echo a>f&type f", b"a\r\n", b""),
        ("echo a>f&echo b>>f&type f", b"a\r\nb\r\n", b""),
        (">f echo a&type f", b"a\r\n", b""),
        ("echo>f a&type f", b"a\r\n", b""),
        ("echo a>f b&type f", b"a b\r\n", b""),
        ("echo a>&2", b"", b"a\r\n"),
        ("echo a 1>&2", b"", b"a \r\n"),
        ("type nofile 2>&1", b"The system cannot find the file specified.\r\n", b""),
        ("type nofile 2>nul", b"", b""),
        ("type nofile >f 2>&1 & type f", b"The system cannot find the file specified.\r\n", b""),
        ("type nofile 2>&1 >f", b"The system cannot find the file specified.\r\n", b""),
        ("(echo a& echo b)>f & type f", b"a\r\nb\r\n", b""),
        ('echo a>"%ProgramData%\\x y.txt"&type "%ProgramData%\\x y.txt"', b"a\r\n", b""),
        ("echo a> f .txt&type f", b"a .txt\r\n", b""),
        ("echo b>f&findstr b <f", b"b\r\n", b""),
        ("echo a2>f&type f", b"a2\r\n", b""),
        ("echo a 2>f&type f", b"a \r\n", b""),
        ("echo a>nul", b"", b""),
        ("echo a>NUL", b"", b""),
    ],
)
def test_redirections(desk, line, out, err):
    """Handles are turned from left to right, wherever they stand."""
    _, stdout, stderr = desk.run(line)
    assert (stdout, stderr) == (out, err)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("netsh <nofile", b"The system cannot find the file specified.\r\n"),
        ("netsh >C:\\nofolder\\f", b"The system cannot find the path specified.\r\n"),
        ("netsh >Z:\\f", b"The system cannot find the path specified.\r\n"),
        ("netsh >C:\\Windows", b"Access is denied.\r\n"),
    ],
)
def test_a_failed_redirection_stops_the_command(desk, line, message):
    """The program does not run, `&&` does not go on, `||` does."""
    code, _, err = desk.run(line)
    assert (code, err, desk.arguments) == (1, message, [])
    assert desk.out(f"{line} && echo yes || echo no") == "no\r\n"


def test_unknown_programs_name_only_themselves(desk):
    """Two lines on standard error, and never a silent success."""
    assert desk.run("nosuch a b >f 2>&1 & type f") == (0, NOT_FOUND, b"")
    assert desk.run("nosuch a b") == (1, b"", NOT_FOUND)


@pytest.mark.parametrize("name", ["at", "wmic", "start", "mklink", "xcopy", "bitsadmin", "robocopy", "netsh2"])
def test_what_the_lab_does_not_have_is_not_recognized(desk, name):
    """No program answers that is not simulated."""
    code, out, err = desk.run(f"{name} /query")
    assert (code, out) == (1, b"")
    assert err.startswith(f"'{name}' is not recognized".encode())


def test_a_missing_folder_in_a_program_path_is_told(desk):
    """The message differs when it is the folder that is missing."""
    assert desk.run(r"C:\nofolder\x.exe")[2] == b"The system cannot find the path specified.\r\n"


@pytest.mark.parametrize("length", [8191, 8192, 9000])
def test_lines_have_8191_characters_at_most(desk, length):
    """Longer ones are refused as a whole."""
    code, _, err = desk.run("netsh " + "x" * (length - 6))
    if length <= 8191:
        assert (code, err, len(desk.arguments)) == (0, b"", 1)
    else:
        assert (code, err, desk.arguments) == (1, b"The command line is too long.\r\n", [])


def test_the_limit_counts_after_expansion_too(desk):
    """Many variables make a short line too long."""
    assert desk.run("netsh " + "%PATH%" * 200)[0] == 1
    assert desk.arguments == []


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("echo %OS%", "Windows_NT"),
        ("echo %os%", "Windows_NT"),
        ("echo %NO%", "%NO%"),
        ("echo 100%", "100%"),
        ("echo %%OS%%", "%Windows_NT%"),
        ("echo %OS:~0,3%", "Win"),
        ("echo %OS:~-2%", "NT"),
        ("echo %OS:~3,-3%", "dows"),
        ("echo %OS:windows=X%", "X_NT"),
        ("echo %OS:*_=%", "NT"),
        ("echo %NO:~0,3%", "%NO:~0,3%"),
        ("echo %1 %*", "%1 %*"),
        ("echo %CD%", HOME),
        ("echo %ProgramData% %SystemRoot%", r"C:\ProgramData C:\Windows"),
        ("echo %TEMP%", rf"{HOME}\AppData\Local\Temp"),
        ("echo %COMPUTERNAME%", "WEB1"),
        ("echo %CMDCMDLINE%", r"C:\Windows\system32\cmd.exe /C echo %CMDCMDLINE%"),
        ("netsh --fail & echo %errorlevel%", "0"),
        ("set X=1& echo %X%", "%X%"),
        ("echo !OS!", "!OS!"),
        ('cmd /v:on /c "netsh --fail & echo !errorlevel!"', "3"),
        ('cmd /v:on /c "echo !OS! ^!x !NO!."', "Windows_NT !x ."),
    ],
)
def test_variables(desk, line, out):
    """The percent phase of a command line, and delayed expansion only when asked for."""
    found = desk.out(line)
    assert found == (out + "\r\n" if "^!" not in line else found)
    assert out.split()[0] in found


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("if exist C:\\Windows echo y", "y"),
        ("if exist C:\\Windows\\ echo y", "y"),
        ("if not exist nofile echo y", "y"),
        ("if exist C:\\Win* echo y", "y"),
        ('if exist "%ProgramData%" (echo y) else (echo n)', "y"),
        ("if exist nofile (echo y) else echo n", "n"),
        ('if "a b"=="a b" echo y', "y"),
        ("if a==A (echo y) else (echo n)", "n"),
        ("if /i a==A (echo y) else (echo n)", "y"),
        ("if not a==A echo y", "y"),
        ("if defined OS echo y", "y"),
        ("if not defined NO echo y", "y"),
        ("if errorlevel 0 echo y", "y"),
        ("if errorlevel 1 (echo n) else echo y", "y"),
        ("if 10 gtr 9 echo y", "y"),
        ("if b gtr a echo y", "y"),
        ("if 1 EQU 01 echo y", "y"),
        ("if 1 neq 2 echo y", "y"),
        ("if cmdextversion 2 echo y", "y"),
        ("if 1==1 if 2==2 (echo y) else echo n", "y"),
        ("if 1==2 (echo a) else if 1==1 (echo y)", "y"),
    ],
)
def test_conditions(desk, line, out):
    """Every form of `if`."""
    assert desk.out(line) == out + "\r\n"


def test_the_rest_of_the_line_belongs_to_the_if(desk):
    """A false condition swallows `&`; `else` needs parentheses before it."""
    assert desk.out("if 1==2 echo a & echo b") == ""
    assert desk.out("if 1==1 echo a else echo b") == "a else echo b\r\n"


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("for %i in (1 2,3;4) do @echo %i", "1 2 3 4"),
        ('for %i in ("a b" c) do @echo %i-%~i', '"a b"-a b c-c'),
        ("for /l %i in (1,1,3) do @echo %i", "1 2 3"),
        ("for /l %i in (3,-1,1) do @echo %i", "3 2 1"),
        ("for %i in (1 2) do @for %j in (a b) do @echo %i%j", "1a 1b 2a 2b"),
        ("for /d %i in (C:\\Prog*Data) do @echo %i", "C:\\ProgramData"),
        ('for /f %i in ("x y z") do @echo %i', "x"),
        ('for /f "tokens=2" %i in ("x y z") do @echo %i', "y"),
        ('for /f "tokens=1,3" %a in ("x y z") do @echo %b%a', "zx"),
        ('for /f "tokens=1,*" %a in ("x y z") do @echo %b', "y z"),
        ('for /f "delims=" %i in ("x y z") do @echo %i', "x y z"),
        ('for /f "tokens=2 delims=:" %i in ("a:b:c") do @echo %i', "b"),
        ("for /f %i in ('echo x^& echo y') do @echo %i", "x y"),
        ("for /f \"tokens=2\" %i in ('echo a b ^| findstr a') do @echo %i", "b"),
        ('for /f "usebackq delims=" %i in (`echo x y`) do @echo %i', "x y"),
        ('for /f "skip=1" %i in (\'"echo x& echo y"\') do @echo %i', "y"),
        ("for %i in (C:\\Windows\\x.txt) do @echo %~ni %~xi %~dpi %~nxi", "x .txt C:\\Windows\\ x.txt"),
        ("for %i in (1 2) do @(echo %i& echo -)", "1 - 2 -"),
    ],
)
def test_loops(desk, line, out):
    """Every form of `for`, with the modifiers of its variable."""
    assert desk.out(line).replace("\r\n", " ").strip() == out


def test_loops_show_their_commands_unless_told_not_to(desk):
    """Echo is on for a command line: the body is printed before each round."""
    assert desk.out("for %i in (a) do echo %i") == f"\r\n{HOME}>echo a \r\na\r\n"


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("echo a|findstr a", "a\r\n"),
        ("(echo b& echo a)|sort", "a\r\nb\r\n"),
        ("echo a|findstr b|sort", ""),
        ("type nofile 2>&1|findstr /c:cannot", "The system cannot find the file specified.\r\n"),
        ("echo a| (findstr a & echo b)", "a\r\nb\r\n"),
    ],
)
def test_pipes(desk, line, out):
    """What the left side writes is what the right side reads."""
    assert desk.out(line) == out


def test_a_pipe_has_the_exit_code_of_its_right_side(desk):
    """Failures on the left are lost."""
    assert desk.code("netsh --fail|netsh") == 0
    assert desk.code("netsh|netsh --fail") == 3
    assert desk.out("echo a|findstr b && echo y || echo n") == "n\r\n"


def test_the_sides_of_a_pipe_change_nothing_here(desk):
    """Each is an interpreter of its own."""
    assert desk.out("set X=1|rem& if not defined X echo gone") == "gone\r\n"
    assert desk.out("cd C:\\ |rem& cd") == HOME + "\r\n"


def test_large_output_runs_through_a_pipe(desk):
    """No side waits for the other for ever."""
    desk.machine.files.write(rf"{HOME}\big", b"0123456789\r\n" * 50_000)
    assert len(desk.out('type big|findstr "^"')) == 600_000
    assert desk.out("type big|netsh") == ""


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("if", 255, b"The syntax of the command is incorrect.\r\n"),
        ("if 1==1", 255, b"The syntax of the command is incorrect.\r\n"),
        ("echo a >", 255, b"The syntax of the command is incorrect.\r\n"),
        ("& echo a", 255, b"& was unexpected at this time.\r\n"),
        ("| echo a", 255, b"| was unexpected at this time.\r\n"),
        ("echo a & & echo b", 255, b"& was unexpected at this time.\r\n"),
        ("for %%i in (a) do echo b", 255, b"%%i was unexpected at this time.\r\n"),
        ("for %i on (a) do echo b", 255, b"on was unexpected at this time.\r\n"),
        ("(echo a", 255, b"The syntax of the command is incorrect.\r\n"),
        ("(echo a) b", 255, b"b was unexpected at this time.\r\n"),
        ("()", 255, b") was unexpected at this time.\r\n"),
    ],
)
def test_lines_without_sense_run_nothing(desk, line, code, message):
    """A syntax error is found before anything runs."""
    assert desk.run(line) == (code, b"", message)
