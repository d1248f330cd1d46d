"""`findstr`, `find`, `more`, `sort`: what they match, what they do to bytes, how they end (winrm 4.4, 4.6)."""

from __future__ import annotations

import pytest
from conftest import HOME
from hypothesis import given, settings
from hypothesis import strategies as st
from winipsec_lab.machine.machine import Machine


@pytest.mark.parametrize(
    ("line", "stdin", "code", "out"),
    [
        ('findstr "^"', b"a\r\nb\r\n", 0, b"a\r\nb\r\n"),
        ('findstr "^"', b"a\nb\n", 0, b"a\nb\n"),
        ('findstr "^"', b"\r\n\r\n", 0, b"\r\n\r\n"),
        ('findstr "^"', b"", 1, b""),
        ('findstr "^"', b"a", 0, b"a\r\n"),
        ("findstr b", b"abc\r\nx\r\n", 0, b"abc\r\n"),
        ("findstr B", b"abc\r\n", 1, b""),
        ("findstr /i B", b"abc\r\n", 0, b"abc\r\n"),
        ("findstr /v b", b"abc\r\nx\r\n", 0, b"x\r\n"),
        ('findstr "a x"', b"abc\r\nx\r\ny\r\n", 0, b"abc\r\nx\r\n"),
        ('findstr /c:"a x"', b"abc\r\na x\r\n", 0, b"a x\r\n"),
        ("findstr /c:a /c:y", b"abc\r\nx\r\ny\r\n", 0, b"abc\r\ny\r\n"),
        ("findstr /b b", b"ab\r\nba\r\n", 0, b"ba\r\n"),
        ("findstr /e b", b"ab\r\nba\r\n", 0, b"ab\r\n"),
        ("findstr /x b", b"ab\r\nb\r\n", 0, b"b\r\n"),
        ("findstr /n b", b"a\r\nb\r\n", 0, b"2:b\r\n"),
        ("findstr /o b", b"a\r\nb\r\n", 0, b"3:b\r\n"),
        ("findstr a.c", b"abc\r\na.c\r\n", 0, b"abc\r\na.c\r\n"),
        ("findstr /l a.c", b"abc\r\na.c\r\n", 0, b"a.c\r\n"),
        (r"findstr /r a\.c", b"abc\r\na.c\r\n", 0, b"a.c\r\n"),
        ("findstr /r ab*c", b"ac\r\nabbc\r\nadc\r\n", 0, b"ac\r\nabbc\r\n"),
        ("findstr [0-9]", b"a1\r\nb\r\n", 0, b"a1\r\n"),
        ('findstr "[^a]"', b"aa\r\nab\r\n", 0, b"ab\r\n"),
        ('findstr "^a"', b"ab\r\nba\r\n", 0, b"ab\r\n"),
        ("findstr b$", b"ab\r\nba\r\n", 0, b"ab\r\n"),
        ("findstr b$", b"ab\n", 1, b""),
        (r'findstr "\<b"', b"a b\r\nab\r\n", 0, b"a b\r\n"),
        ("findstr /r *", b"a*b\r\n", 0, b"a*b\r\n"),
        (r"findstr /r a[\]b", b"a\\b\r\n", 0, b"a\\b\r\n"),
        ("findstr /vic:B", b"abc\r\nx\r\n", 0, b"x\r\n"),
        ("findstr /c:ERR", b"ERR IPsec[05073] : x\r\n", 0, b"ERR IPsec[05073] : x\r\n"),
    ],
)
def test_findstr(desk, line, stdin, code, out):
    """Standard input, one rule per case."""
    assert desk.run(line, stdin) == (code, out, b"")


@pytest.mark.parametrize(
    ("line", "code", "out", "err"),
    [
        ("findstr o a.txt", 0, "one\r\n", ""),
        ("findstr o a.txt b.txt", 0, "a.txt:one\r\nb.txt:two\r\n", ""),
        ("findstr o *.txt", 0, "a.txt:one\r\nb.txt:two\r\n", ""),
        ("findstr /m o *.txt", 0, "a.txt\r\nb.txt\r\n", ""),
        ("findstr /s o *.txt", 0, "a.txt:one\r\nb.txt:two\r\nsub\\c.txt:four\r\n", ""),
        (f"findstr o {HOME}\\a.txt", 0, "one\r\n", ""),
        ("findstr o nofile", 1, "", "FINDSTR: Cannot open nofile\r\n"),
        ("findstr o nofile a.txt", 0, "a.txt:one\r\n", "FINDSTR: Cannot open nofile\r\n"),
        ("findstr", 2, "", "FINDSTR: Bad command line\r\n"),
        ('findstr ""', 2, "", "FINDSTR: No search strings\r\n"),
        ("findstr /q o a.txt", 0, "one\r\n", "FINDSTR: /q ignored\r\n"),
        ("findstr /g:a.txt b.txt", 1, "", ""),
        ("findstr /g:b.txt b.txt", 0, "two\r\n", ""),
        ("findstr /g:nofile b.txt", 2, "", f"FINDSTR: Cannot open {HOME}\\nofile\r\n"),
        ("echo a.txt>l& findstr /f:l o", 0, "one\r\n", ""),
        ('find "o" a.txt', 0, "\r\n---------- A.TXT\r\none\r\n", ""),
        ('find /c "o" a.txt', 0, "\r\n---------- A.TXT: 1\r\n", ""),
        ('find /v "o" a.txt', 1, "\r\n---------- A.TXT\r\n", ""),
        ('find /n /i "O" a.txt', 0, "\r\n---------- A.TXT\r\n[1]one\r\n", ""),
        ('find "o" nofile', 1, "", "File not found - NOFILE\r\n"),
        ("find o a.txt", 2, "", "FIND: Parameter format not correct\r\n"),
        ('find /z "o" a.txt', 2, "", "Invalid switch\r\n"),
        ("more a.txt", 0, "one\r\n", ""),
        ("more nofile", 1, "", f"Cannot access file {HOME}\\nofile\r\n"),
        ("more /z", 1, "", "Invalid switch\r\n"),
        ("sort b.txt", 0, "two\r\n", ""),
        ("sort nofile", 1, "", "nofileThe system cannot find the file specified.\r\n"),
        ("sort /z", 1, "", "Invalid switch.\r\n"),
        ("sort a.txt /o s.txt & type s.txt", 0, "one\r\n", ""),
    ],
)
def test_files_and_refusals(desk, line, code, out, err):
    """Names in front of lines, missing files, wrong switches."""
    files = desk.machine.files
    files.write(rf"{HOME}\a.txt", b"one\r\n")
    files.write(rf"{HOME}\b.txt", b"two\r\n")
    files.make_folder(rf"{HOME}\sub")
    files.write(rf"{HOME}\sub\c.txt", b"four\r\n")
    assert desk.run(line) == (code, out.encode(), err.encode())


@pytest.mark.parametrize(
    ("line", "stdin", "code", "out"),
    [
        ('find "b"', b"a\r\nb\r\n", 0, b"b\r\n"),
        ('find /c "b"', b"a\r\nb\r\n", 0, b"1\r\n"),
        ('find /c "z"', b"a\r\n", 1, b"0\r\n"),
        ('find /v ""', b"a\nb\n", 1, b""),
        ("more", b"a\tb\nc", 0, b"a       b\r\nc\r\n"),
        ("more +1", b"a\r\nb\r\n", 0, b"b\r\n"),
        ("more /s", b"a\r\n\r\n\r\nb\r\n", 0, b"a\r\n\r\nb\r\n"),
        ("sort", b"b\r\nA\r\nc", 0, b"A\r\nb\r\nc\r\n"),
        ("sort /r", b"a\r\nb\r\n", 0, b"b\r\na\r\n"),
        ("sort /unique", b"a\r\na\r\n", 0, b"a\r\n"),
        ("sort /+2", b"1b\r\n2a\r\n", 0, b"2a\r\n1b\r\n"),
    ],
)
def test_filters_on_standard_input(desk, line, stdin, code, out):
    """`find`, `more` and `sort` between pipes."""
    assert desk.run(line, stdin) == (code, out, b"")


def test_an_upload_through_findstr_arrives_byte_for_byte(desk):
    """The first step of a batch: standard input into a file, then the program."""
    data = b"".join(b'add filter name="%d \xc3\xa9" %%x%% ^&\r\n' % number for number in range(300))
    code, out, err = desk.run('findstr "^" >"%ProgramData%\\b.nsh" && netsh -f "%ProgramData%\\b.nsh"', data)
    assert (code, out, err) == (0, b"", b"")
    assert desk.machine.files.read(r"C:\ProgramData\b.nsh") == data
    assert desk.arguments == [["-f", r"C:\ProgramData\b.nsh"]]


def test_an_empty_upload_does_not_start_the_program(desk):
    """`findstr` found nothing and fails."""
    assert desk.code('findstr "^" >f && netsh -f f') == 1
    assert desk.arguments == []


@pytest.mark.parametrize(("setting", "data"), [("append", b"a\r\n"), ("keep", b"a")])
def test_what_becomes_of_a_last_line_without_an_end_is_a_guess(desk, setting, data):
    """Closed or left alone."""
    desk.machine.guesses.set("findstr.last_line", setting)
    assert desk.run('findstr "^"', b"a")[1] == data


def test_utf16_does_not_survive_findstr(desk):
    """Why task files travel as base64."""
    data = "\ufeffa\r\nb\r\n".encode("utf-16-le")
    assert desk.run('findstr "^"', data)[1] != data


def test_lines_beyond_8191_bytes_are_dropped_with_a_message(desk):
    """The limit of `findstr`."""
    code, out, err = desk.run('findstr "^"', b"a\r\n" + b"x" * 9000 + b"\r\nb\r\n")
    assert (code, out, err) == (0, b"a\r\nb\r\n", b"FINDSTR: Line 2 is too long.\r\n")


HOST = Machine("web1")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"").replace(b"\0", b"")), max_size=20))
def test_findstr_copies_any_lines(lines):
    """Everything but NUL and line feeds, whatever the encoding."""
    data = b"".join(line + b"\r\n" for line in lines)
    HOST.files.write(r"C:\f", data)
    assert HOST.console(r'findstr "^" <C:\f >C:\g')[0] == int(not lines)
    assert HOST.files.read(r"C:\g") == data
