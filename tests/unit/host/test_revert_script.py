r"""What a host is given to take a change back by itself: files, task and lines (spec: winrm 4.3 to 4.7 and 5).

What the script does on a host is tried in tests/protocol/test_revert_on_a_machine.py.
"""

import json
import xml.etree.ElementTree as ET
from base64 import b64decode
from dataclasses import replace

import pytest
from winipsec.host.revert_script import Record, RevertScript, marks, records

NUMBER = "0123456789ab"
FOLDER = r"C:\Windows\winipsec"
BASE = rf"{FOLDER}\c-{NUMBER}"
TASK = f"winipsec-revert-{NUMBER}"
LOCAL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
SYSTEM32 = r"%SystemRoot%\System32"
NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
RECORD = Record(NUMBER, "urn:pulumi:dev::web::t::a", "ci:12", 240)
CREATE = (
    f'schtasks /create /tn {TASK} /xml "{BASE}.xml" /f >nul && schtasks /query /tn {TASK} >nul && '
    f'echo #winipsec:tasked&& echo armed>"{BASE}.armed" && (echo #winipsec:armed& '
    rf'dir /b "{FOLDER}\c-*.armed" "{FOLDER}\c-*.fired" 2>nul & '
    rf'(dir /b "{FOLDER}\c-*.armed" "{FOLDER}\c-*.fired" 2>nul | '
    f'findstr /v /i /x /c:"c-{NUMBER}.armed" >nul && del /f /q "{BASE}.armed" 2>nul))'
)
LOOK = (
    f'(if exist "{BASE}.armed" (echo #winipsec:armed)) & (if exist "{BASE}.fired" (echo #winipsec:fired)) & '
    f'(if exist "{BASE}.reverted" (echo #winipsec:reverted)) & '
    f'(if exist "{BASE}.disarmed" (echo #winipsec:disarmed)) & echo #winipsec:end'
)
REMOVE = f'schtasks /delete /tn {TASK} /f >nul 2>nul & del /f /q "{BASE}.*" 2>nul'


@pytest.fixture
def usual():
    """A host with a store, whose agent runs."""
    return RevertScript(RECORD, FOLDER, exists=True, running=True)


def program(name):
    """Absolute paths in the script: it runs in no folder in particular (spec: winrm 5.2)."""
    return rf'"{SYSTEM32}\{name}.exe"'


LOG = f'>>"{BASE}.log" 2>&1'


def twice(line):
    """A step that is tried again five seconds later; nothing in a script may ask or wait for input."""
    return f"{line} || ({program('ping')} -n 6 127.0.0.1 >nul & {line})"


RACE = (
    f'for /l %%i in (1,1,20) do if exist "{BASE}.armed" (ren "{BASE}.armed" "c-{NUMBER}.fired" 2>nul || '
    f"{program('ping')} -n 2 127.0.0.1 >nul)"
)
LOST = (
    f'if not exist "{BASE}.fired" if not exist "{BASE}.armed" '
    f'({program("schtasks")} /delete /tn "{TASK}" /f >nul 2>nul & exit /b 0)'
)
OPENING = ["@echo off", RACE, LOST, twice(f"{program('net')} stop PolicyAgent /y {LOG}")]
DELETE = f'{program("reg")} delete "{LOCAL}" /f {LOG}'
RESTORE = [
    f'if not exist "{BASE}.reg" exit /b 1',
    DELETE,
    twice(f'{program("reg")} import "{BASE}.reg" {LOG}') + " || exit /b 1",
]
EMPTY = [DELETE, f'if exist "{BASE}.reg" {program("reg")} import "{BASE}.reg" {LOG}']
START = [twice(f"{program('net')} start PolicyAgent {LOG}")]
ENDING = [
    twice(f'ren "{BASE}.fired" "c-{NUMBER}.reverted" {LOG}') + " || exit /b 1",
    f'del /f /q "{BASE}.reg" "{BASE}.xml" {LOG}',
    f'{program("schtasks")} /delete /tn "{TASK}" /f {LOG}',
    "exit /b 0",
    f':: winipsec {{"commit": "{NUMBER}", "urn": "urn:pulumi:dev::web::t::a", "controller": "ci:12", "seconds": 240}}',
]


@pytest.mark.parametrize(
    ("exists", "running", "lines"),
    [
        (True, True, [*OPENING, *RESTORE, *START, *ENDING]),
        (True, False, [*OPENING, *RESTORE, *ENDING]),
        (False, True, [*OPENING, *EMPTY, *START, *ENDING]),
        (False, False, [*OPENING, *EMPTY, *ENDING]),
    ],
)
def test_the_script(exists, running, lines):
    """Win the race, stop the agent, put the store back, start the agent, say so, tidy; whose it is comes last."""
    script = RevertScript(RECORD, FOLDER, exists=exists, running=running).script
    assert script.decode("ascii").split("\r\n") == [*lines, ""]


def test_a_percent_sign_in_the_folder_is_doubled_in_the_script():
    """A batch file would take it for a variable (spec: wine-oracle, percent trap)."""
    script = RevertScript(RECORD, r"D:\100% ours", exists=True, running=True)
    assert rf'import "D:\100%% ours\c-{NUMBER}.reg"'.encode() in script.script
    assert rf'"D:\100"%" ours\c-{NUMBER}.*"' in script.remove_line()


def test_the_script_is_ascii_whatever_the_resource_is_called():
    """JSON escapes what is not; the record is read back as it was."""
    record = replace(RECORD, urn='urn:pulumi:dev::web::t::Bäcker & "Söhne" %PATH%')
    script = RevertScript(record, FOLDER, exists=True, running=True).script
    assert script.isascii()
    assert records(script.decode("ascii")) == [record]


# --- the task -------------------------------------------------------------------------------------------------------


def task(usual):
    """The task as the Task Scheduler reads it."""
    return ET.fromstring("".join(usual.task_lines()))  # noqa: S314 - our own


def test_the_task(usual):
    """As SYSTEM, on mains or battery, after the delay and at boot, one run at a time (spec: winrm 5.3)."""
    found = {element.tag.rpartition("}")[2]: element.text for element in task(usual).iter() if not len(element)}
    assert found == {
        "Delay": "PT240S",
        "Enabled": "true",
        "UserId": "S-1-5-18",
        "RunLevel": "HighestAvailable",
        "MultipleInstancesPolicy": "IgnoreNew",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "StartWhenAvailable": "true",
        "ExecutionTimeLimit": "PT10M",
        "Priority": "4",
        "Command": r"C:\Windows\System32\cmd.exe",
        "Arguments": f'/d /c "{BASE}.cmd"',
    }


def test_the_parts_of_the_task_stand_where_they_belong(usual):
    """Two triggers, both enabled; the action runs as the principal."""
    root, names = task(usual), {"t": NAMESPACE}
    assert (root.tag, root.get("version")) == (f"{{{NAMESPACE}}}Task", "1.2")
    assert [part.tag.rpartition("}")[2] for part in root] == ["Triggers", "Principals", "Settings", "Actions"]
    assert [part.tag.rpartition("}")[2] for part in root[0]] == ["RegistrationTrigger", "BootTrigger"]
    assert [part.findtext("t:Enabled", "", names) for part in root[0]] == ["true", "true"]
    assert root[1][0].get("id") == root[3].get("Context") == "A"
    assert {text for part in root.iter() for text in (part.tail, part.text if len(part) else None)} == {None}


def test_a_folder_with_an_ampersand_is_escaped_in_the_task():
    """It is XML."""
    script = RevertScript(RECORD, r"D:\R&D", exists=True, running=True)
    assert task(script).findtext(f".//{{{NAMESPACE}}}Arguments") == rf'/d /c "D:\R&D\c-{NUMBER}.cmd"'
    assert rf'/d /c "D:\R&amp;D\c-{NUMBER}.cmd"^<' in script.arm_line("gate")  # between quotes it is plain to cmd


def test_the_task_in_base64(usual):
    """UTF-16 with a byte order mark and no declaration, in the frame that certutil knows (spec: winrm 5.3)."""
    text = usual.encoded_task().decode("ascii")
    first, *lines, last, end = text.split("\r\n")
    assert (first, last, end) == ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "")
    assert {len(line) for line in lines[:-1]} == {64}
    data = b64decode("".join(lines))
    assert data[:2] == b"\xff\xfe"
    assert data.decode("utf-16") == "".join(f"{line}\r\n" for line in usual.task_lines())


# --- the lines ------------------------------------------------------------------------------------------------------


def echoed(text):
    """How cmd is told to echo a text: operators outside double quotes stand after a caret (spec: winrm 4.3)."""
    quoted, out = False, ""
    for character in text:
        quoted ^= character == '"'
        out += f"^{character}" if character in "&<>^|()" and not quoted else character
    return out


def test_arming_a_host_with_a_store(usual):
    """Closed folder, script, whole script, export, export not empty, task, task there, armed, rivals."""
    xml = echoed("".join(usual.task_lines()))
    assert usual.arm_line("mkdir x & icacls x") == (
        f'mkdir x & icacls x && findstr "^" >"{BASE}.cmd" && findstr /b /c:":: winipsec " "{BASE}.cmd" >nul && '
        f'reg export "{LOCAL}" "{BASE}.reg" /y >nul && findstr "^" "{BASE}.reg" >nul && '
        f'echo #winipsec:exported&& echo {xml}>"{BASE}.xml" && {CREATE}'
    )


def test_arming_a_host_without_a_store(usual):
    """There must still be nothing in it: a script for such a host deletes what it finds. An empty key is exported."""
    script = replace(usual, exists=False)
    xml = echoed("".join(usual.task_lines()))
    assert script.arm_line("gate") == (
        f'gate && findstr "^" >"{BASE}.cmd" && findstr /b /c:":: winipsec " "{BASE}.cmd" >nul && '
        f'(reg query "{LOCAL}" 2>nul | findstr "{{" >nul || (reg export "{LOCAL}" "{BASE}.reg" /y >nul 2>nul & '
        f'echo #winipsec:exported&& echo {xml}>"{BASE}.xml" && {CREATE}))'
    )


def test_the_other_way_to_arm(usual):
    """The task comes over stdin, and its text goes as soon as it is decoded."""
    assert usual.decode_line() == (
        f'findstr "^" >"{BASE}.b64" && certutil -f -decode "{BASE}.b64" "{BASE}.xml" >nul && '
        f'del /f /q "{BASE}.b64" && {CREATE}'
    )


@pytest.mark.parametrize("exists", [True, False])
def test_no_line_is_too_long(usual, exists):
    """Command lines hold 8191 characters (spec: winrm 4.2), with a long path and a long delay too."""
    long = replace(usual, folder="C:\\" + "long name\\" * 12 + "winipsec", exists=exists)
    assert len(long.arm_line("x" * 400)) < 8000
    assert max(map(len, long.script.decode("ascii").splitlines())) < 2000


def test_confirming(usual):
    """Rename, then delete the task, then the files; and tell how it stands."""
    assert usual.confirm_line() == (
        f'ren "{BASE}.armed" "c-{NUMBER}.disarmed" 2>nul & (if exist "{BASE}.disarmed" '
        f'(schtasks /delete /tn {TASK} /f >nul 2>nul && del /f /q "{BASE}.*" 2>nul)) & {LOOK}'
    )


def test_looking(usual):
    """Every stage that has a file, and the end."""
    assert usual.look_line() == LOOK


def test_taking_back(usual):
    """As the task, of which one runs at a time; only without it the script is called."""
    assert usual.revert_line() == f'(schtasks /run /tn {TASK} >nul 2>nul || call "{BASE}.cmd" >nul 2>nul) & {LOOK}'


def test_removing(usual):
    """The task goes first: without its script it could do nothing but fail."""
    assert usual.remove_line() == REMOVE


def test_clearing(usual):
    """Only where there is no script with a record."""
    assert usual.clear_line() == f'findstr /b /c:":: winipsec " "{BASE}.cmd" >nul 2>nul || ({REMOVE})'


def test_asking_whose_it_is(usual):
    """The script shows it."""
    assert usual.owner_line() == f'type "{BASE}.cmd" 2>nul'


# --- reading answers ------------------------------------------------------------------------------------------------


def test_marks_are_lines_of_their_own():
    """What tools print is not looked at, whatever it says."""
    output = "Erfolg: #winipsec:armed\r\n#winipsec:fired \r\n #winipsec:x\r\n#winipsec:end\r\n"
    assert marks(output) == ["fired", "end"]
    assert marks("") == []


def line(**values):
    """A record as a script holds it."""
    return ":: winipsec " + json.dumps(values)


GOOD = {"commit": NUMBER, "urn": "u", "controller": "c:1", "seconds": 240}


@pytest.mark.parametrize(
    "text",
    [
        ":: winipsec ",
        ":: winipsec {",
        ":: winipsec []",
        ":: winipsec 7",
        line(**{**GOOD, "seconds": "soon"}),
        line(**{**GOOD, "seconds": None}),
        line(**{key: GOOD[key] for key in ("commit", "urn", "controller")}),
        " " + line(**GOOD),
        ":: another program's note",
    ],
)
def test_what_is_no_record_is_left_out(text):
    """One that can be read, after it, is still found."""
    assert records(f"{text}\r\n{line(**GOOD)}\r\n") == [Record(NUMBER, "u", "c:1", 240)]


@pytest.mark.parametrize("value", [RECORD, RevertScript(RECORD, FOLDER, exists=True, running=True)])
def test_they_are_values(value):
    """Nothing changes a script once it lies on a host."""
    assert hash(value) == hash(replace(value))


def test_numbers_in_a_record_are_texts_where_texts_belong():
    """Somebody may have edited it."""
    assert records(line(commit=1, urn=2, controller=3, seconds="240")) == [Record("1", "2", "3", 240)]
