"""`reg` (winrm 4.7, wine-oracle 5): texts, refusals, exit codes."""

from __future__ import annotations

import pytest
from conftest import HOME
from winipsec_lab.machine.registry import RegistryValue

T = r"HKEY_LOCAL_MACHINE\SOFTWARE\T"
DONE = "The operation completed successfully.\r\n"
MISSING = "ERROR: The system was unable to find the specified registry key or value.\r\n"


@pytest.fixture
def filled(desk):
    """A desk whose registry holds one value of each kind, and a subkey."""
    put = desk.machine.registry.set
    put(T, "GlobalQueryBlockList", RegistryValue("REG_MULTI_SZ", ("wpad", "isatap")))
    put(T, "ForwardingTimeout", RegistryValue("REG_DWORD", 3))
    put(T, "", RegistryValue("REG_SZ", "d"))
    put(T, "e", RegistryValue("REG_EXPAND_SZ", "%x%"))
    put(T, "b", RegistryValue("REG_BINARY", b"\xab\x01"))
    put(T, "q", RegistryValue("REG_QWORD", 0x1F))
    put(T, "empty", RegistryValue("REG_SZ", ""))
    put(T, "none", RegistryValue("REG_NONE", b""))
    put(rf"{T}\sub", "v", RegistryValue("REG_SZ", "x"))
    return desk


BLOCK = (
    f"\r\n{T}\r\n"
    "    GlobalQueryBlockList    REG_MULTI_SZ    wpad\\0isatap\r\n"
    "    ForwardingTimeout    REG_DWORD    0x3\r\n"
    "    (Default)    REG_SZ    d\r\n"
    "    e    REG_EXPAND_SZ    %x%\r\n"
    "    b    REG_BINARY    AB01\r\n"
    "    q    REG_QWORD    0x1f\r\n"
    "    empty    REG_SZ    \r\n"
    "    none    REG_NONE    \r\n"
    "\r\n"
)


@pytest.mark.parametrize(
    ("line", "out"),
    [
        (r"reg query HKLM\SOFTWARE\T", f"{BLOCK}{T}\\sub\r\n"),
        (r"reg query HKLM\SOFTWARE\T /s", f"{BLOCK}{T}\\sub\r\n    v    REG_SZ    x\r\n\r\n"),
        (
            r"reg query HKLM\software\t /v FORWARDINGTIMEOUT",
            f"\r\n{T}\r\n    ForwardingTimeout    REG_DWORD    0x3\r\n\r\n",
        ),
        (r"reg query HKLM\SOFTWARE\T /ve", f"\r\n{T}\r\n    (Default)    REG_SZ    d\r\n\r\n"),
        (r"reg query HKLM\SOFTWARE\T\sub /ve", f"\r\n{T}\\sub\r\n    (Default)    REG_SZ    (value not set)\r\n\r\n"),
        (
            r"reg query HKLM\SOFTWARE\T /s /v v",
            f"\r\n{T}\\sub\r\n    v    REG_SZ    x\r\n\r\nEnd of search: 1 match(es) found.\r\n",
        ),
        (
            r"reg query HKLM\SOFTWARE\T /s /f isa /d",
            f"\r\n{T}\r\n    GlobalQueryBlockList    REG_MULTI_SZ    wpad\\0isatap\r\n\r\nEnd of search: 1 match(es) found.\r\n",
        ),
        (r"reg query HKLM\SOFTWARE\T /s /f SUB /k", f"\r\n{T}\\sub\r\n\r\nEnd of search: 1 match(es) found.\r\n"),
        (
            r"reg query HKLM\SOFTWARE\T /f v /s /v /e",
            f"\r\n{T}\\sub\r\n    v    REG_SZ    x\r\n\r\nEnd of search: 1 match(es) found.\r\n",
        ),
        (r"reg query HKLM\SOFTWARE\T /t REG_QWORD", f"\r\n{T}\r\n    q    REG_QWORD    0x1f\r\n\r\n{T}\\sub\r\n"),
        (
            r"reg query HKLM\SOFTWARE\T /v GlobalQueryBlockList /se #",
            f"\r\n{T}\r\n    GlobalQueryBlockList    REG_MULTI_SZ    wpad#isatap\r\n\r\n",
        ),
        (r"reg query HKLM\SOFTWARE\T /v q /z", f"\r\n{T}\r\n    q    REG_QWORD (11)    0x1f\r\n\r\n"),
        (r"reg query HKEY_LOCAL_MACHINE\SOFTWARE\T\sub", f"\r\n{T}\\sub\r\n    v    REG_SZ    x\r\n\r\n"),
    ],
)
def test_query(filled, line, out):
    """The layout, byte for byte."""
    assert filled.run(line) == (0, out.encode(), b"")


@pytest.mark.parametrize(
    ("line", "out", "err"),
    [
        (r"reg query HKLM\SOFTWARE\No", "", MISSING),
        (r"reg query HKLM\SOFTWARE\T /v no", "", MISSING),
        (r"reg query HKLM\SOFTWARE\T /s /v no", "\r\nEnd of search: 0 match(es) found.\r\n", ""),
        (r"reg query HKLM\SOFTWARE\T /f zzz", "\r\nEnd of search: 0 match(es) found.\r\n", ""),
        (r"reg query HKXX\a", "", 'ERROR: Invalid key name.\r\nType "REG QUERY /?" for usage.\r\n'),
        (r"reg query \\other\HKLM\a", "", "ERROR: The network path was not found.\r\n"),
        (r"reg query HKLM\SOFTWARE\T /x", "", 'ERROR: Invalid syntax.\r\nType "REG QUERY /?" for usage.\r\n'),
        (r"reg query HKLM\SOFTWARE\T /s /s", "", 'ERROR: Invalid syntax.\r\nType "REG QUERY /?" for usage.\r\n'),
        (r"reg query HKLM\SOFTWARE\T extra", "", 'ERROR: Invalid syntax.\r\nType "REG QUERY /?" for usage.\r\n'),
        (r"reg query HKLM\SOFTWARE\T /v a /ve", "", 'ERROR: Invalid syntax.\r\nType "REG QUERY /?" for usage.\r\n'),
        (r"reg query HKLM\SOFTWARE\T /t REG_X", "", 'ERROR: Invalid syntax.\r\nType "REG QUERY /?" for usage.\r\n'),
        ("reg query", "", 'ERROR: Invalid syntax.\r\nType "REG QUERY /?" for usage.\r\n'),
        ("reg", "", 'ERROR: Invalid syntax.\r\nType "REG /?" for usage.\r\n'),
        ("reg save HKLM\\A f", "", 'ERROR: Invalid syntax.\r\nType "REG /?" for usage.\r\n'),
        (
            r"reg add HKLM\SOFTWARE\T /v x /t REG_WRONG",
            "",
            'ERROR: Invalid syntax.\r\nType "REG ADD /?" for usage.\r\n',
        ),
        (
            r"reg add HKLM\SOFTWARE\T /v x /t REG_DWORD /d abc",
            "",
            "ERROR: Specify a valid numeric or binary value for the registry type.\r\n",
        ),
        (
            r"reg add HKLM\SOFTWARE\T /v x /t REG_DWORD /d 4294967296",
            "",
            "ERROR: Specify a valid numeric or binary value for the registry type.\r\n",
        ),
        (
            r"reg add HKLM\SOFTWARE\T /v x /t REG_BINARY /d xyz",
            "",
            "ERROR: Specify a valid numeric or binary value for the registry type.\r\n",
        ),
        (r"reg add HKLM\SOFTWARE\T /v", "", 'ERROR: Invalid syntax.\r\nType "REG ADD /?" for usage.\r\n'),
        (r"reg delete HKLM\SOFTWARE\No /f", "", MISSING),
        (r"reg delete HKLM\SOFTWARE\T /v no /f", "", MISSING),
        (r"reg delete HKLM /f", "", MISSING),
        (r"reg export HKLM\SOFTWARE\No f.reg /y", "", MISSING),
        (
            r"reg export HKLM\SOFTWARE\T C:\no\f.reg /y",
            "",
            "ERROR: Error opening the file. There may be a disk or file system error.\r\n",
        ),
        (r"reg export HKLM\SOFTWARE\T", "", 'ERROR: Invalid syntax.\r\nType "REG EXPORT /?" for usage.\r\n'),
        ("reg import nofile.reg", "", "ERROR: Error opening the file. There may be a disk or file system error.\r\n"),
        (r"reg copy HKLM\SOFTWARE\No HKLM\SOFTWARE\U /s /f", "", MISSING),
        (
            r"reg copy HKLM\SOFTWARE\T HKLM\software\t /s /f",
            "",
            'ERROR: Invalid syntax.\r\nType "REG COPY /?" for usage.\r\n',
        ),
        (r"reg compare HKLM\SOFTWARE\No HKLM\SOFTWARE\T", "", MISSING),
    ],
)
def test_refusals(filled, line, out, err):
    """Exit code 1, the message on standard error, and nothing changes."""
    before = filled.machine.registry.version
    assert filled.run(line) == (1, out.encode(), err.encode())
    assert filled.machine.registry.version == before


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ("/v x /d text /f", RegistryValue("REG_SZ", "text")),
        ('/v x /d "a b" /f', RegistryValue("REG_SZ", "a b")),
        ("/v x /f", RegistryValue("REG_SZ", "")),
        ("/v x /t REG_DWORD /d 31 /f", RegistryValue("REG_DWORD", 31)),
        ("/v x /t reg_dword /d 0x1F /f", RegistryValue("REG_DWORD", 31)),
        ("/v x /t REG_DWORD /f", RegistryValue("REG_DWORD", 0)),
        ("/v x /t REG_QWORD /d 0x100000000 /f", RegistryValue("REG_QWORD", 2**32)),
        ("/v x /t REG_BINARY /d abCD /f", RegistryValue("REG_BINARY", b"\xab\xcd")),
        (r"/v x /t REG_MULTI_SZ /d a\0b /f", RegistryValue("REG_MULTI_SZ", ("a", "b"))),
        ("/v x /t REG_MULTI_SZ /s # /d a#b /f", RegistryValue("REG_MULTI_SZ", ("a", "b"))),
        ("/v x /t REG_MULTI_SZ /f", RegistryValue("REG_MULTI_SZ", ())),
        ('/v x /t REG_EXPAND_SZ /d "%"OS"%" /f', RegistryValue("REG_EXPAND_SZ", "%OS%")),
        ("/v x /t REG_NONE /f", RegistryValue("REG_NONE", b"")),
    ],
)
def test_add(desk, arguments, value):
    """Each type from its text."""
    assert desk.run(rf"reg add HKLM\SOFTWARE\N {arguments}") == (0, DONE.encode(), b"")
    assert desk.machine.registry.get(r"HKLM\SOFTWARE\N", "x") == value


def test_add_makes_keys_and_default_values(desk):
    """Without a value only the key; `/ve` the default value."""
    desk.run(r"reg add HKLM\SOFTWARE\N\M")
    assert desk.machine.registry.values(r"HKLM\SOFTWARE\N\M") == {}
    assert desk.machine.registry.has_key(r"HKLM\SOFTWARE\N\M")
    desk.run(r"reg add HKLM\SOFTWARE\N /ve /d x")
    assert desk.machine.registry.get(r"HKLM\SOFTWARE\N", "") == RegistryValue("REG_SZ", "x")


@pytest.mark.parametrize(
    ("line", "question"),
    [
        (r"reg add HKLM\SOFTWARE\T /v e /d new", "Value e exists, overwrite(Yes/No)? "),
        (r"reg delete HKLM\SOFTWARE\T /v e", "Delete the registry value e (Yes/No)? "),
        (r"reg delete HKLM\SOFTWARE\T", f"Permanently delete the registry key {T} (Yes/No)? "),
        (r"reg export HKLM\SOFTWARE\T f.reg", "File f.reg already exists. Overwrite (Yes/No)? "),
    ],
)
def test_questions(filled, line, question):
    """Without `/f` or `/y` it asks; no keeps everything, yes goes on."""
    filled.machine.files.write(rf"{HOME}\f.reg", b"")
    before = filled.machine.registry.version
    code, out, _ = filled.run(line, b"maybe\r\nn\r\n")
    assert (code, out.decode()) == (0, question * 2 + "The operation was canceled by the user.\r\n")
    assert filled.machine.registry.version == before
    assert filled.machine.files.read(rf"{HOME}\f.reg") == b""
    assert filled.out(line, b"yes\r\n").endswith(DONE)


def test_a_question_without_an_answer_hangs_until_it_is_ended(filled):
    """That is what happens to scripts that forget `/f`."""
    code, out, _ = filled.machine.console(r"reg delete HKLM\SOFTWARE\T", timeout=0.2)
    assert code == -1073741510
    assert out.startswith("Permanently delete")
    assert filled.machine.registry.has_key(T)


def test_delete(filled):
    """A value, all values, the key."""
    filled.run(r"reg delete HKLM\SOFTWARE\T /ve /f")
    assert "" not in filled.machine.registry.values(T)
    filled.run(r"reg delete HKLM\SOFTWARE\T /va /f")
    assert filled.machine.registry.values(T) == {}
    assert filled.machine.registry.has_key(rf"{T}\sub")
    filled.run(r"reg delete HKLM\SOFTWARE\T /f")
    assert not filled.machine.registry.has_key(T)


def test_export_and_import_round_trip(filled):
    """UTF-16 with a mark; import reports success on standard error."""
    before = filled.machine.registry.export_text(T)
    assert filled.run(r'reg export HKLM\SOFTWARE\T "my file.reg"') == (0, DONE.encode(), b"")
    data = filled.machine.files.read(rf"{HOME}\my file.reg")
    assert data == b"\xff\xfe" + before.encode("utf-16-le")
    filled.run(r"reg delete HKLM\SOFTWARE\T /f")
    assert filled.run('reg import "my file.reg"') == (0, b"", DONE.encode())
    assert filled.machine.registry.export_text(T) == before


def test_where_import_reports_success_is_a_guess(filled):
    """Standard error or standard output."""
    filled.machine.guesses.set("reg.import_stream", "stdout")
    filled.run(r"reg export HKLM\SOFTWARE\T f.reg")
    assert filled.run("reg import f.reg") == (0, DONE.encode(), b"")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\N]\n"v"="\xe4"\n', 0),
        (b'Windows Registry Editor Version 5.00\n\n[HKLM\\SOFTWARE\\N]\n"v"="\xe4"', 0),
        ('\ufeffREGEDIT4\n\n[HKLM\\SOFTWARE\\N]\n"v"="\u00e4"'.encode(), 1),
        ('REGEDIT4\n\n[HKLM\\SOFTWARE\\N]\n"v"="x"'.encode("utf-16-le"), 1),
        (b'REGEDIT5\n\n[HKLM\\SOFTWARE\\N]\n"v"="x"', 1),
        (b"", 1),
    ],
)
def test_which_files_import_takes(desk, data, code):
    """The encodings Windows knows, and the ones it refuses (wine-oracle 5)."""
    desk.machine.files.write(rf"{HOME}\f.reg", data)
    assert desk.code("reg import f.reg") == code
    assert desk.machine.registry.get(r"HKLM\SOFTWARE\N", "v") == (
        RegistryValue("REG_SZ", "\u00e4") if code == 0 else None
    )


def test_utf8_with_a_mark_is_a_guess(desk):
    """Accepted when the switch says so."""
    desk.machine.guesses.set("reg.utf8_import", "accepted")
    desk.machine.files.write(rf"{HOME}\f.reg", '\ufeffREGEDIT4\n\n[HKLM\\SOFTWARE\\N]\n"v"="\u00e4"'.encode())
    assert desk.code("reg import f.reg") == 0


def test_copy_takes_the_tree_only_with_s(filled):
    """Values alone, or everything below too."""
    filled.run(r"reg copy HKLM\SOFTWARE\T HKLM\SOFTWARE\U")
    assert filled.machine.registry.subkeys(r"HKLM\SOFTWARE\U") == []
    filled.run(r"reg copy HKLM\SOFTWARE\T HKLM\SOFTWARE\U /s /f")
    assert filled.machine.registry.values(r"HKLM\SOFTWARE\U\sub") == filled.machine.registry.values(rf"{T}\sub")


def test_compare_has_a_code_of_its_own_for_a_difference(filled):
    """0 equal, 2 different, and both sides are listed."""
    filled.run(r"reg copy HKLM\SOFTWARE\T HKLM\SOFTWARE\U /s /f")
    assert filled.code(r"reg compare HKLM\SOFTWARE\T HKLM\SOFTWARE\U /s") == 0
    filled.run(r"reg add HKLM\SOFTWARE\U\sub /v v /d y /f")
    code, out, _ = filled.run(r"reg compare HKLM\SOFTWARE\T HKLM\SOFTWARE\U /s")
    assert code == 2
    assert out.decode().split("\r\n")[:3] == [
        f"< Value:  {T}\\sub  v  REG_SZ  x",
        r"> Value:  HKEY_LOCAL_MACHINE\SOFTWARE\U\sub  v  REG_SZ  y",
        "Result Compared: Different",
    ]
    assert filled.code(r"reg compare HKLM\SOFTWARE\T HKLM\SOFTWARE\U") == 0


def test_the_32_bit_view_is_another_tree(desk):
    """`/reg:32` reads and writes below WOW6432Node."""
    desk.run(r"reg add HKLM\SOFTWARE\N /v x /d y /reg:32")
    assert desk.machine.registry.has_key(r"HKLM\SOFTWARE\WOW6432Node\N")
    assert desk.code(r"reg query HKLM\SOFTWARE\N /reg:64") == 1
    assert desk.code(r"reg query HKLM\SOFTWARE\N /reg:32") == 0


@pytest.mark.parametrize(("setting", "shown"), [("omitted", False), ("printed", True)])
def test_whether_keys_without_values_are_printed_is_a_guess(desk, setting, shown):
    """Only their header, or nothing."""
    desk.machine.guesses.set("reg.empty_key", setting)
    desk.run(r"reg add HKLM\SOFTWARE\N\M")
    assert (r"HKEY_LOCAL_MACHINE\SOFTWARE\N\M" in desk.out(r"reg query HKLM\SOFTWARE\N /s")) is shown


@pytest.mark.parametrize(("setting", "order"), [("sorted", ["a", "b"]), ("created", ["b", "a"])])
def test_the_order_of_keys_is_a_guess(desk, setting, order):
    """Sorted or as created."""
    desk.machine.guesses.set("registry.key_order", setting)
    for name in "ba":
        desk.run(rf"reg add HKLM\SOFTWARE\N\{name}")
    assert [line[-1] for line in desk.out(r"reg query HKLM\SOFTWARE\N").split()] == order


@pytest.mark.parametrize(
    ("locale", "default"),
    [("de-DE", "(Standard)"), ("ru-RU", "(по умолчанию)"), ("ja-JP", "(既定)"), ("zh-CN", "(默认)")],
)
def test_the_default_value_has_a_name_in_each_language(desk_in, locale, default):
    """Everything a parser may rely on stays the same."""
    desk = desk_in(locale)
    desk.run(r"reg add HKLM\SOFTWARE\N /ve /d x")
    assert desk.out(r"reg query HKLM\SOFTWARE\N") == (
        f"\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\N\r\n    {default}    REG_SZ    x\r\n\r\n"
    )


def test_a_binary_is_one_line_however_long(desk):
    """120,000 digits without a break."""
    desk.machine.registry.set(T, "b", RegistryValue("REG_BINARY", b"\xab" * 60_000))
    assert f"    b    REG_BINARY    {'AB' * 60_000}\r\n" in desk.out(r"reg query HKLM\SOFTWARE\T")


def test_names_may_look_like_anything(desk):
    """Blanks, types and the default's name: the text does not tell them apart."""
    desk.machine.registry.set(T, "(Default)", RegistryValue("REG_SZ", "x"))
    desk.machine.registry.set(T, "a    REG_DWORD    0x1", RegistryValue("REG_SZ", "y"))
    out = desk.out(r"reg query HKLM\SOFTWARE\T")
    assert "    (Default)    REG_SZ    x\r\n" in out
    assert "    a    REG_DWORD    0x1    REG_SZ    y\r\n" in out
