"""Builtins about files, folders, variables and the console (winrm 4.3, wine-oracle 4)."""

from __future__ import annotations

import pytest
from conftest import HOME


@pytest.mark.parametrize(
    ("line", "code", "out", "err"),
    [
        ("type a.txt", 0, "one\r\n", ""),
        (
            "type a.txt nofile",
            1,
            "one\r\n",
            "\r\na.txt\r\n\r\n\r\nThe system cannot find the file specified.\r\nError occurred while processing: nofile.\r\n",
        ),
        ("type *.txt", 0, "one\r\ntwo\r\n", "\r\na.txt\r\n\r\n\r\n\r\nb.txt\r\n\r\n\r\n"),
        ("type C:\\nofolder\\x", 1, "", "The system cannot find the path specified.\r\n"),
        ("type sub", 1, "", "Access is denied.\r\n"),
        ("type", 1, "", "The syntax of the command is incorrect.\r\n"),
        ("del nofile", 0, "", f"Could Not Find {HOME}\\nofile\r\n"),
        ("del *.nix", 0, "", f"Could Not Find {HOME}\\*.nix\r\n"),
        ("del", 1, "", "The syntax of the command is incorrect.\r\n"),
        ("del /z a.txt", 1, "", 'Invalid switch - "z".\r\n'),
        ("ren nofile x", 1, "", "The system cannot find the file specified.\r\n"),
        ("ren a.txt b.txt", 1, "", "A duplicate file name exists, or the file\r\ncannot be found.\r\n"),
        ("ren a.txt C:\\x", 1, "", "The syntax of the command is incorrect.\r\n"),
        ("ren a.txt", 1, "", "The syntax of the command is incorrect.\r\n"),
        ("md sub", 1, "", "A subdirectory or file sub already exists.\r\n"),
        ("md", 1, "", "The syntax of the command is incorrect.\r\n"),
        ("md Z:\\x", 1, "", "The system cannot find the path specified.\r\n"),
        ("rd nofolder", 2, "", "The system cannot find the file specified.\r\n"),
        ("rd sub", 145, "", "The directory is not empty.\r\n"),
        ("rd a.txt", 267, "", "The directory name is invalid.\r\n"),
        ("copy nofile x", 1, "        0 file(s) copied.\r\n", "The system cannot find the file specified.\r\n"),
        ("copy a.txt c.txt", 0, "        1 file(s) copied.\r\n", ""),
        ("copy a.txt sub", 0, "        1 file(s) copied.\r\n", ""),
        ("copy a.txt+b.txt c.txt", 0, "        1 file(s) copied.\r\n", ""),
        ("copy *.txt sub", 0, "a.txt\r\nb.txt\r\n        2 file(s) copied.\r\n", ""),
        ("copy a.txt a.txt", 1, "        0 file(s) copied.\r\n", "The file cannot be copied onto itself.\r\n"),
        (
            "copy a.txt C:\\nofolder\\x",
            1,
            "        0 file(s) copied.\r\n",
            "The system cannot find the path specified.\r\n",
        ),
        ("copy nul e.txt", 0, "        1 file(s) copied.\r\n", ""),
        ("move a.txt c.txt", 0, "        1 file(s) moved.\r\n", ""),
        ("move nofile x", 1, "", "The system cannot find the file specified.\r\n"),
        ("move sub sub2", 0, "        1 dir(s) moved.\r\n", ""),
        ("dir /b", 0, "a.txt\r\nAppData\r\nb.txt\r\nsub\r\n", ""),
        ("dir /b *.txt", 0, "a.txt\r\nb.txt\r\n", ""),
        ("dir /b /ad", 0, "AppData\r\nsub\r\n", ""),
        ("dir /b/a-d", 0, "a.txt\r\nb.txt\r\n", ""),
        ("dir /b /s sub", 0, f"{HOME}\\sub\\c\r\n", ""),
        ("dir /b nofile", 1, "", "File Not Found\r\n"),
        ("dir /y", 1, "", 'Invalid switch - "y".\r\n'),
        ("cd", 0, f"{HOME}\r\n", ""),
        ("cd sub & cd", 0, f"{HOME}\\sub\r\n", ""),
        ("cd..&cd", 0, "C:\\Users\r\n", ""),
        ("cd\\&cd", 0, "C:\\\r\n", ""),
        ("cd /d C:\\Program Files & cd", 0, "C:\\Program Files\r\n", ""),
        ("cd nofolder", 1, "", "The system cannot find the path specified.\r\n"),
        ("cd a.txt", 1, "", "The directory name is invalid.\r\n"),
        ("Z:", 1, "", "The system cannot find the drive specified.\r\n"),
        ("C:", 0, "", ""),
        ("pushd C:\\Windows&cd&popd&cd", 0, f"C:\\Windows\r\n{HOME}\r\n", ""),
        ("set NOSUCH", 1, "", "Environment variable NOSUCH not defined\r\n"),
        ("set OS", 0, "OS=Windows_NT\r\n", ""),
        ("set =x", 1, "", "The syntax of the command is incorrect.\r\n"),
        ("set /a 2+3*4", 0, "14", ""),
        ("set /a (2+3)*4", 0, "20", ""),
        ("set /a 0x10+010", 0, "24", ""),
        ("set /a 7/0", 1073750988, "", "Divide by zero error.\r\n"),
        ("set /a 2147483647+1", 0, "-2147483648", ""),
        ("set /a X=3,X*=2", 0, "6", ""),
        ("set /a 1+", 1073750988, "", "Missing operand.\r\n"),
        ("ver", 0, "\r\nMicrosoft Windows [Version 10.0.20348.587]\r\n", ""),
        ("vol", 0, " Volume in drive C has no label.\r\n Volume Serial Number is 77AB-1E5C\r\n", ""),
        ("vol Z:", 1, "", "The system cannot find the drive specified.\r\n"),
        ("title x", 0, "", ""),
        ("break", 0, "", ""),
        ("cls", 0, "\f", ""),
        ("chcp", 0, "Active code page: 65001\r\n", ""),
        ("chcp x", 1, "", "Parameter format not correct - x\r\n"),
        ("chcp 12345", 1, "", "Invalid code page\r\n"),
        (
            "path ;& nosuch",
            1,
            "",
            "'nosuch' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n",
        ),
        ("pause", 0, "Press any key to continue . . . \r\n", ""),
    ],
)
def test_builtins(desk, line, code, out, err):
    """Exit code, output and messages, one line each."""
    files = desk.machine.files
    files.write(rf"{HOME}\a.txt", b"one\r\n")
    files.write(rf"{HOME}\b.txt", b"two\r\n")
    files.make_folder(rf"{HOME}\sub")
    files.write(rf"{HOME}\sub\c", b"")
    assert desk.run(line) == (code, out.encode(), err.encode())


def test_type_turns_utf16_into_the_page_of_the_console(desk):
    """Only with a byte order mark; everything else passes byte for byte."""
    desk.machine.files.write(rf"{HOME}\u.txt", "\ufeff\u00e4".encode("utf-16-le"))
    desk.machine.files.write(rf"{HOME}\b.bin", bytes(range(256)))
    assert desk.run("type u.txt", code_page=850)[1] == b"\x84"
    assert desk.run("type b.bin")[1] == bytes(range(256))


def test_where_type_writes_headers_is_a_guess(desk):
    """On standard output they mix with the contents."""
    desk.machine.guesses.set("cmd.type_header", "stdout")
    desk.machine.files.write(rf"{HOME}\a", b"x")
    assert desk.run("type a a") == (0, b"\r\na\r\n\r\n\r\nx\r\na\r\n\r\n\r\nx", b"")


def test_deleting_asks_before_it_takes_everything(desk):
    """A wildcard for all files needs a yes or `/q`; no answer is a no."""
    desk.machine.files.make_folder(rf"{HOME}\d")
    desk.machine.files.write(rf"{HOME}\d\f", b"")
    assert "Are you sure (Y/N)?" in desk.out("del d")
    assert desk.machine.files.exists(rf"{HOME}\d\f")
    desk.run("del d", b"y\r\n")
    assert not desk.machine.files.exists(rf"{HOME}\d\f")
    desk.machine.files.write(rf"{HOME}\d\f", b"")
    assert desk.out("del /q d") == ""
    assert not desk.machine.files.exists(rf"{HOME}\d\f")


def test_yes_is_a_german_word_on_a_german_host(desk_in):
    """J agrees, Y does not."""
    desk = desk_in("de-DE")
    desk.machine.files.write(rf"{HOME}\f", b"")
    desk.run(f"del {HOME}\\*", b"Y\r\n")
    assert desk.machine.files.exists(rf"{HOME}\f")
    desk.run(f"del {HOME}\\*", b"J\r\n")
    assert not desk.machine.files.exists(rf"{HOME}\f")


def test_read_only_files_need_force(desk):
    """`del` names the file and says no; `/f` deletes it; the code is 0 in both cases."""
    desk.machine.files.write(rf"{HOME}\f", b"")
    desk.run("attrib +r f")
    assert desk.run("del f") == (0, f"{HOME}\\f\r\n".encode(), b"Access is denied.\r\n")
    assert desk.run("echo x>f")[0] == 1
    assert desk.run("del /f /q f") == (0, b"", b"")
    assert not desk.machine.files.exists(rf"{HOME}\f")


def test_folders_go_with_their_tree_only_when_asked(desk):
    """`rd /s` asks, `rd /s /q` does not; the current folder stays."""
    desk.run("md d\\e & echo x>d\\e\\f")
    desk.run("rd /s d", b"n\r\n")
    assert desk.machine.files.exists(rf"{HOME}\d\e\f")
    assert desk.run("cd d & rd /s /q ..\\d")[0] == 32
    assert desk.run("rd /s /q d") == (0, b"", b"")
    assert not desk.machine.files.exists(rf"{HOME}\d")


def test_a_failed_rd_sets_the_error_level_only_for_the_double_bar(desk):
    """The return code exists for `||`, not for `%errorlevel%`."""
    _, out, _ = desk.batch("@echo off\nrd nofolder 2>nul\necho %errorlevel%\nrd nofolder 2>nul || echo failed\n")
    assert out == b"0\r\nfailed\r\n"


def test_copy_asks_on_the_command_line_and_not_in_a_batch_file(desk):
    """Replacing a file needs a yes unless a script or `/y` does it."""
    desk.machine.files.write(rf"{HOME}\a", b"1")
    desk.machine.files.write(rf"{HOME}\b", b"2")
    assert desk.run("copy a b")[0] == 1
    assert desk.machine.files.read(rf"{HOME}\b") == b"2"
    assert desk.run("copy /y a b")[0] == 0
    desk.machine.files.write(rf"{HOME}\b", b"2")
    assert desk.batch("@copy a b >nul\n")[0] == 0
    assert desk.machine.files.read(rf"{HOME}\b") == b"1"


def test_copy_joins_files_in_order(desk):
    """`a+b` is a then b."""
    desk.run("(echo 1)>a&(echo 2)>b&copy a+b c")
    assert desk.machine.files.read(rf"{HOME}\c") == b"1\r\n2\r\n"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("ren *.txt *.bak", ["a.bak", "b.bak"]),
        ("ren a.txt x*", ["x.txt", "b.txt"]),
        ("ren ?.txt ?1.txt", ["a1.txt", "b1.txt"]),
    ],
)
def test_ren_with_wildcards(desk, line, left):
    """The fixed parts change, the rest stays."""
    for name in "ab":
        desk.machine.files.write(rf"{HOME}\{name}.txt", b"")
    desk.run(line)
    names = {info.name for info in desk.machine.files.listing(HOME) if not info.folder}
    assert names == set(left)


def test_dates_and_times_follow_the_clock_and_the_language(desk, desk_in):
    """The virtual clock is what `date /t`, `time /t` and the variables show."""
    when = desk.machine.clock.local()
    assert desk.out("date /t").strip().endswith(when.strftime("%m/%d/%Y"))
    german = desk_in("de-DE")
    german.machine.clock.advance(86400)
    tomorrow = german.machine.clock.local()
    assert german.out("echo %DATE%").strip() == tomorrow.strftime("%d.%m.%Y")
    assert german.out("time /t").strip() == tomorrow.strftime("%H:%M")


@pytest.mark.parametrize(("setting", "data"), [("console", b"\x84\r\n"), ("ansi", b"\xe4\r\n")])
def test_the_page_of_redirected_builtins_is_a_guess(desk_in, setting, data):
    """`echo` to a file writes in the console's page or in the ANSI page."""
    desk = desk_in("de-DE")
    desk.machine.guesses.set("cmd.file_code_page", setting)
    desk.run("echo \u00e4>f", code_page=850)
    assert desk.machine.files.read(rf"{HOME}\f") == data


def test_chcp_changes_the_page_for_what_follows(desk):
    """The console belongs to all commands that were started together."""
    assert desk.run("chcp 1252 >nul & echo \u00e4", code_page=437)[1] == b"\xe4\r\n"
    assert desk.run("echo \u00e4", code_page=437)[1] == b"\x84\r\n"


def test_characters_outside_the_page_become_question_marks(desk):
    """Nothing breaks, something is lost."""
    assert desk.run("echo \u6f22", code_page=437)[1] == b"?\r\n"
