"""`icacls`, `attrib`, `where`, `certutil` (winrm 4.6, 5.3)."""

from __future__ import annotations

import base64
import hashlib

import pytest
from conftest import HOME
from winipsec_lab.machine.security import Entry

ONE_DONE = "Successfully processed 1 files; Failed processing 0 files\r\n"


def test_icacls_locks_a_folder_by_identifiers(desk):
    """The recommended lock: nothing inherited, SYSTEM and Administrators by number."""
    line = 'icacls "%ProgramData%\\app" /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F'
    assert desk.run(f'md "%ProgramData%\\app" & {line}') == (
        0,
        f"processed file: C:\\ProgramData\\app\r\n{ONE_DONE}".encode(),
        b"",
    )
    desk.run('echo secret>"%ProgramData%\\app\\f"')
    assert set(desk.machine.files.access(r"C:\ProgramData\app\f").entries) == {
        Entry("S-1-5-18", "F", inherited=True),
        Entry("S-1-5-32-544", "F", inherited=True),
    }


def test_icacls_shows_names_in_the_language_of_the_host(desk_in):
    """German names on a German host."""
    desk = desk_in("de-DE")
    desk.run("echo x>f")
    out = desk.out("icacls f")
    assert "f NT-AUTORITÄT\\SYSTEM:(I)(F)\r\n" in out
    assert "  VORDEFINIERT\\Administratoren:(I)(F)\r\n" in out
    assert out.endswith("1 Dateien erfolgreich verarbeitet, bei 0 Dateien ist ein Verarbeitungsfehler aufgetreten.\r\n")


@pytest.mark.parametrize(
    ("locale", "name", "code"),
    [
        ("en-US", "Administrators", 0),
        ("en-US", r"BUILTIN\Administrators", 0),
        ("en-US", "Administratoren", 1332),
        ("de-DE", "Administrators", 1332),
        ("de-DE", "Administratoren", 0),
        ("ru-RU", "Administrators", 1332),
        ("ru-RU", "Администраторы", 0),
        ("ja-JP", "Administrators", 0),
        ("zh-CN", "*S-1-5-32-544", 0),
        ("de-DE", "*S-1-5-32-999", 1332),
    ],
)
def test_account_names_are_translated(desk_in, locale, name, code):
    """A name of another language means nobody."""
    desk = desk_in(locale)
    desk.run("echo x>f")
    assert desk.code(f"icacls f /grant {name}:F") == code


@pytest.mark.parametrize(
    ("line", "code", "out", "err"),
    [
        (
            "icacls nofile",
            2,
            "Successfully processed 0 files; Failed processing 1 files\r\n",
            "nofile: The system cannot find the file specified.\r\n",
        ),
        ("icacls", 87, "", 'Invalid parameter ""\r\n'),
        ("icacls f /frob", 87, "", 'Invalid parameter "/frob"\r\n'),
        ("icacls f /inheritance:x", 87, "", 'Invalid parameter "/inheritance:x"\r\n'),
        ("icacls f /grant", 87, "", 'Invalid parameter "/grant"\r\n'),
        ("icacls f /grant SYSTEM:XYZ", 87, "", 'Invalid parameter "SYSTEM:XYZ"\r\n'),
        ("icacls f /grant SYSTEM", 87, "", 'Invalid parameter "SYSTEM"\r\n'),
        (
            "icacls f /grant Nobody:F",
            1332,
            "Successfully processed 0 files; Failed processing 1 files\r\n",
            "Nobody: No mapping between account names and security IDs was done.\r\n",
        ),
    ],
)
def test_icacls_refusals(desk, line, code, out, err):
    """The exit code is the error number, and access stays as it was."""
    desk.run("echo x>f")
    before = desk.machine.files.access(rf"{HOME}\f")
    assert desk.run(line) == (code, out.encode(), err.encode())
    assert desk.machine.files.access(rf"{HOME}\f") == before


def test_icacls_adds_replaces_denies_and_removes(desk):
    """Each verb on explicit entries."""
    desk.run("echo x>f")

    def own():
        return [
            (entry.sid, entry.rights, entry.deny)
            for entry in desk.machine.files.access(rf"{HOME}\f").entries
            if not entry.inherited
        ]

    desk.run("icacls f /grant Everyone:R")
    desk.run("icacls f /grant Everyone:W")
    assert own() == [("S-1-1-0", "R", False), ("S-1-1-0", "W", False)]
    desk.run("icacls f /grant:r Everyone:F /deny Users:(W)")
    assert own() == [("S-1-5-32-545", "W", True), ("S-1-1-0", "F", False)]
    desk.run("icacls f /remove:d Users /q")
    assert own() == [("S-1-1-0", "F", False)]
    desk.run("icacls f /remove Everyone")
    assert own() == []
    desk.run("icacls f /inheritance:d")
    assert len(own()) == 3
    desk.run("icacls f /reset")
    assert own() == []


@pytest.mark.parametrize(
    ("line", "code", "out"),
    [
        ("attrib f", 0, f"A                    {HOME}\\f\r\n"),
        ("attrib +r +h f & attrib f", 0, f"A   HR               {HOME}\\f\r\n"),
        ("attrib +r f & attrib -r f & attrib f", 0, f"A                    {HOME}\\f\r\n"),
        ("attrib nofile", 1, "File not found - nofile\r\n"),
        ("attrib C:\\nofolder\\x", 1, "Path not found - C:\\nofolder\\x\r\n"),
        ("attrib /z", 1, "Parameter format not correct - z\r\n"),
        ("attrib +r -r f", 1, "Parameter format not correct - \r\n"),
    ],
)
def test_attrib(desk, line, code, out):
    """Letters in their columns, messages on standard output."""
    desk.run("echo x>f")
    assert desk.run(line) == (code, out.encode(), b"")


def test_hidden_files_are_listed_only_when_asked_for(desk):
    """`dir` and `del` look past them."""
    desk.run("echo x>f & attrib +h f")
    assert desk.code("dir /b f") == 1
    assert desk.out("dir /b /ah f") == "f\r\n"
    assert desk.run("del f")[2].startswith(b"Could Not Find")
    assert desk.run("del /a f") == (0, b"", b"")


@pytest.mark.parametrize(
    ("line", "code", "out"),
    [
        ("where netsh", 0, "C:\\Windows\\System32\\netsh.exe\r\n"),
        ("where NETSH.EXE", 0, "C:\\Windows\\System32\\netsh.exe\r\n"),
        ("where cmd reg", 0, "C:\\Windows\\System32\\cmd.exe\r\nC:\\Windows\\System32\\reg.exe\r\n"),
        ("where netsh*", 0, "C:\\Windows\\System32\\netsh.exe\r\n"),
        ("where powershell", 0, "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe\r\n"),
        ("where /q netsh", 0, ""),
        ("where /q nosuch", 1, ""),
        ("where nosuch", 1, ""),
        ("where", 2, ""),
        ("where /z x", 2, ""),
    ],
)
def test_where(desk, line, code, out):
    """Found, not found, wrong usage."""
    assert desk.run(line)[:2] == (code, out.encode())


def test_certutil_carries_any_bytes(desk):
    """base64 through `findstr`, then decoded: the way for UTF-16 files."""
    data = "\ufeff<Task/>\r\n".encode("utf-16-le")
    text = base64.encodebytes(data).replace(b"\n", b"\r\n")
    assert desk.code('findstr "^" >in.b64 && certutil -f -decode in.b64 out.xml >nul', text) == 0
    assert desk.machine.files.read(rf"{HOME}\out.xml") == data


def test_certutil_encodes_with_a_frame_and_decodes_it_again(desk):
    """64 characters per line between the two markers."""
    desk.machine.files.write(rf"{HOME}\a", bytes(range(100)))
    desk.run("certutil -encode a b")
    text = desk.machine.files.read(rf"{HOME}\b").decode().split("\r\n")
    assert (text[0], text[-2]) == ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
    assert len(text[1]) == 64
    desk.run("certutil -decode b c")
    assert desk.machine.files.read(rf"{HOME}\c") == bytes(range(100))


@pytest.mark.parametrize("algorithm", ["MD5", "SHA1", "SHA256", "SHA512"])
def test_certutil_hashes(desk, algorithm):
    """Name, digest, success; SHA1 when nothing is said."""
    desk.machine.files.write(rf"{HOME}\a", b"data")
    digest = hashlib.new(algorithm.lower(), b"data").hexdigest()
    assert desk.out(f"certutil -hashfile a {algorithm}") == (
        f"{algorithm} hash of a:\r\n{digest}\r\nCertUtil: -hashfile command completed successfully.\r\n"
    )
    assert hashlib.sha1(b"data").hexdigest() in desk.out("certutil -hashfile a")  # noqa: S324 the tool's default


@pytest.mark.parametrize(
    ("line", "code", "text"),
    [
        ("certutil -decode nofile x", 0x80070002, "(WIN32: 2 ERROR_FILE_NOT_FOUND)"),
        ("certutil -decode bad x", 0x8007000D, "(WIN32: 13 ERROR_INVALID_DATA)"),
        ("certutil -decode good there", 0x80070050, "(WIN32: 80 ERROR_FILE_EXISTS)"),
        ("certutil -decode good C:\\no\\x", 0x80070003, "(WIN32: 3 ERROR_PATH_NOT_FOUND)"),
        ("certutil -hashfile nofile", 0x80070002, "(WIN32: 2 ERROR_FILE_NOT_FOUND)"),
        ("certutil -hashfile good SHA3", 0x80090008, "NTE_BAD_ALGID"),
        ("certutil -hashfile empty", 0x800703EE, "ERROR_FILE_INVALID"),
        ("certutil -urlcache x", 0x80070057, "(WIN32: 87 ERROR_INVALID_PARAMETER)"),
        ("certutil", 0x80070057, "(WIN32: 87 ERROR_INVALID_PARAMETER)"),
    ],
)
def test_certutil_failures(desk, line, code, text):
    """The exit code is an HRESULT, the target stays as it was."""
    for name, data in (("bad", b"***"), ("good", b"aGk="), ("there", b"old"), ("empty", b"")):
        desk.machine.files.write(rf"{HOME}\{name}", data)
    got, out, _ = desk.run(line)
    assert got == code - (1 << 32)
    assert text in out.decode()
    assert desk.machine.files.read(rf"{HOME}\there") == b"old"
