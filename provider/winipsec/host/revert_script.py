r"""What a host is given so that it can take a change back by itself, and the lines that make it so (spec: winrm 5).

    c-ID.cmd        the script that restores the snapshot; its last line says whose change it is
    c-ID.reg        the snapshot: the whole local policy store, exported before the change
    c-ID.xml        the task that runs the script as SYSTEM: some seconds after it was made, or at the next boot
    c-ID.armed      the file over which both sides race by renaming it
    c-ID.fired      renamed by the script: it restores. A script that finds this goes on where one before it was stopped
    c-ID.reverted   the script has done its work
    c-ID.disarmed   renamed by us: the change holds, and the script must not touch anything

The snapshot is put back by `reg import`, because that is exact and needs no names; the agent rests meanwhile, which
also opens the way in at once. A host whose snapshot cannot be imported keeps its agent stopped, so that it can be
reached. Nothing here is the text of a user; the record of the script's last line is ASCII and is never run.

The script may be started anew at any line of it, since a host may go down at any moment: so the store is never deleted
unless the snapshot is there, and the snapshot never before the script is at its end. But two of it must not run at the
same time, or one would delete what the other has just put back. Hence a script is always started as the task, of which
the host runs one at a time; only where the host has no such task any more, or no Task Scheduler, it is called.

A file that somebody looks at, such as a virus scanner, cannot be renamed at that moment: the script tries for a while.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from xml.sax.saxutils import escape

from winipsec.formats.policy_store import LOCAL
from winipsec.formats.quoting import path
from winipsec.host.machine import SERVICE

MARK = "#winipsec:"
RECORD = ":: winipsec "
STAGES = ("armed", "fired", "reverted", "disarmed")
_SYSTEM32 = r"%SystemRoot%\System32"

_TASK = (
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
    "<Triggers>",
    "<RegistrationTrigger><Enabled>true</Enabled><Delay>PT{seconds}S</Delay></RegistrationTrigger>",
    "<BootTrigger><Enabled>true</Enabled></BootTrigger>",
    "</Triggers>",
    '<Principals><Principal id="A"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal>',
    "</Principals>",
    "<Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>",
    "<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>",
    "<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries><StartWhenAvailable>true</StartWhenAvailable>",
    "<ExecutionTimeLimit>PT10M</ExecutionTimeLimit><Priority>4</Priority></Settings>",
    '<Actions Context="A"><Exec><Command>{shell}</Command>',
    "<Arguments>/d /c {script}</Arguments></Exec></Actions>",
    "</Task>",
)


@dataclass(frozen=True)
class Record:
    """Whose change it is that waits to be confirmed, and how long it waits."""

    commit: str
    urn: str
    controller: str
    seconds: int

    def line(self) -> str:
        """This record as the last line of the script."""
        values = {"commit": self.commit, "urn": self.urn, "controller": self.controller, "seconds": self.seconds}
        return RECORD + json.dumps(values)


@dataclass(frozen=True)
class RevertScript:
    """The files and lines of one commit.

    Args:
        record: Whose it is.
        folder: The folder for scripts, which only administrators and the system may read.
        exists: Whether there is anything in the local store; a host without gets an empty one back, or none.
        running: Whether the agent runs, and is to run again.
    """

    record: Record
    folder: str
    exists: bool
    running: bool

    @property
    def task(self) -> str:
        """The name of the task. It lies at the root: `schtasks` makes folders, and cannot remove them."""
        return f"winipsec-revert-{self.record.commit}"

    def file(self, extension: str) -> str:
        """The path of one of the files; `*` means all of them."""
        return rf"{self.folder}\c-{self.record.commit}.{extension}"

    def name(self, extension: str) -> str:
        """The same quoted, for a command line."""
        return _quoted(self.file(extension))

    @property
    def script(self) -> bytes:
        """The script that takes the change back."""
        log = f">>{self._inside('log')} 2>&1"
        armed, fired, reg = (self._inside(extension) for extension in ("armed", "fired", "reg"))
        began, ended = (f'"c-{self.record.commit}.{stage}"' for stage in ("fired", "reverted"))
        delete_task = f'{_program("schtasks")} /delete /tn "{self.task}" /f'
        lines = [
            "@echo off",
            f"for /l %%i in (1,1,20) do if exist {armed} (ren {armed} {began} 2>nul || {_wait(1)})",
            f"if not exist {fired} if not exist {armed} ({delete_task} >nul 2>nul & exit /b 0)",
            _twice(f"{_program('net')} stop {SERVICE} /y {log}"),
        ]
        delete_store = f'{_program("reg")} delete "{LOCAL}" /f {log}'
        restore = f"{_program('reg')} import {reg} {log}"
        if self.exists:
            lines += [f"if not exist {reg} exit /b 1", delete_store, f"{_twice(restore)} || exit /b 1"]
        else:
            lines += [delete_store, f"if exist {reg} {restore}"]  # there may be a key with nothing in it
        if self.running:
            lines.append(_twice(f"{_program('net')} start {SERVICE} {log}"))
        lines += [
            f"{_twice(f'ren {fired} {ended} {log}')} || exit /b 1",
            f"del /f /q {reg} {self._inside('xml')} {log}",
            f"{delete_task} {log}",
            "exit /b 0",
            self.record.line(),
        ]
        return "".join(f"{line}\r\n" for line in lines).encode("ascii")

    def _inside(self, extension: str) -> str:
        """The same for a line of a script, where a percent sign stands doubled."""
        return f'"{self.file(extension)}"'.replace("%", "%%")

    def task_lines(self) -> list[str]:
        """The task, one element after another."""
        script = escape(f'"{self.file("cmd")}"')
        # The folder lies below the system's root. Not every Task Scheduler need expand variables.
        shell = escape(self.folder.rpartition("\\")[0] + r"\System32\cmd.exe")
        return [line.format(seconds=self.record.seconds, shell=shell, script=script) for line in _TASK]

    def arm_line(self, gate: str) -> str:
        """Keep the script, which comes over stdin, export the store, make the task and say that it is armed.

        `gate` must succeed before. Where there was nothing in the store, there must still be nothing.
        """
        reg, script = self.name("reg"), self.name("cmd")
        kept = f'{gate} && findstr "^" >{script} && findstr /b /c:"{RECORD}" {script} >nul'
        export = f'reg export "{LOCAL}" {reg} /y >nul'
        making = f"echo {MARK}exported&& {self._echoed()} && {self._make_task()}"
        if self.exists:
            return f'{kept} && {export} && findstr "^" {reg} >nul && {making}'
        return f'{kept} && (reg query "{LOCAL}" 2>nul | findstr "{{" >nul || ({export} 2>nul & {making}))'

    def decode_line(self) -> str:
        """Arm with a task that comes over stdin as base64, where the host takes none in ASCII (spec: winrm 5.3)."""
        text, xml = self.name("b64"), self.name("xml")
        return (
            f'findstr "^" >{text} && certutil -f -decode {text} {xml} >nul && del /f /q {text} && {self._make_task()}'
        )

    def encoded_task(self) -> bytes:
        """The task for `decode_line`: UTF-16 with a byte order mark, in base64."""
        text = "".join(f"{line}\r\n" for line in self.task_lines())
        lines = wrap(b64encode(b"\xff\xfe" + text.encode("utf-16-le")).decode("ascii"), 64)
        framed = ["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"]
        return "".join(f"{line}\r\n" for line in framed).encode("ascii")

    def confirm_line(self) -> str:
        """Win the race, or learn that it is lost; running it twice does no harm."""
        armed, disarmed = self.name("armed"), self.name("disarmed")
        tidy = f"schtasks /delete /tn {self.task} /f >nul 2>nul && {self._delete()}"
        return (
            f'ren {armed} "c-{self.record.commit}.disarmed" 2>nul & (if exist {disarmed} ({tidy})) & {self.look_line()}'
        )

    def look_line(self) -> str:
        """Say how it stands; changes nothing."""
        told = (f"(if exist {self.name(stage)} (echo {MARK}{stage}))" for stage in STAGES)
        return f"{' & '.join(told)} & echo {MARK}end"

    def revert_line(self) -> str:
        """Begin to take the change back now, if that has not begun."""
        return f"(schtasks /run /tn {self.task} >nul 2>nul || call {self.name('cmd')} >nul 2>nul) & {self.look_line()}"

    def owner_line(self) -> str:
        """Show the script, and with it whose it is."""
        return f"type {self.name('cmd')} 2>nul"

    def remove_line(self) -> str:
        """Remove every trace; only for a change that nobody waits for any more."""
        return f"schtasks /delete /tn {self.task} /f >nul 2>nul & {self._delete()}"

    def clear_line(self) -> str:
        """Remove files that no script belongs to; if one has come meanwhile, somebody is just arming, and all stay."""
        return f'findstr /b /c:"{RECORD}" {self.name("cmd")} >nul 2>nul || ({self.remove_line()})'

    def _delete(self) -> str:
        return f"del /f /q {self.name('*')} 2>nul"

    def _echoed(self) -> str:
        return f"echo {_plain(''.join(self.task_lines()))}>{self.name('xml')}"

    def _make_task(self) -> str:
        """Make the task and arm; with a rival there, disarm at once, and name it.

        Whoever armed looks for rivals afterwards, so of two at least one sees the other. Without its file a task does
        nothing, so that one disarms here and not by a message of ours, which might get lost.
        """
        rivals = " ".join(_quoted(rf"{self.folder}\c-*.{stage}") for stage in STAGES[:2])
        own, armed = f"c-{self.record.commit}.armed", self.name("armed")
        listed = f"dir /b {rivals} 2>nul"
        return (
            f"schtasks /create /tn {self.task} /xml {self.name('xml')} /f >nul && schtasks /query /tn {self.task} >nul "
            f"&& echo {MARK}tasked&& echo armed>{armed} && (echo {MARK}armed& {listed} & "
            f'({listed} | findstr /v /i /x /c:"{own}" >nul && del /f /q {armed} 2>nul))'
        )


def _program(name: str) -> str:
    """A program of the system by its full path: the task runs in no folder in particular."""
    return f'"{_SYSTEM32}\\{name}.exe"'


def _wait(seconds: int) -> str:
    """Let some seconds pass, without an input to read from."""
    return f"{_program('ping')} -n {seconds + 1} 127.0.0.1 >nul"


def _twice(command: str) -> str:
    """A command that is tried again after a while when it fails."""
    return f"{command} || ({_wait(5)} & {command})"


def _quoted(pattern: str) -> str:
    """The path of files by a pattern."""
    *folders, name = pattern.split("\\")
    folder = path("\\".join(folders))
    return folder[:-1] + "\\" + name + folder[-1]


def _plain(text: str) -> str:
    """Text that cmd echoes as it is: operators between double quotes are plain already."""
    pieces = text.split('"')
    pieces[::2] = (re.sub(r"([&<>^|()])", r"^\1", piece) for piece in pieces[::2])
    return '"'.join(pieces)


def marks(output: str) -> Sequence[str]:
    """The marks in what one of the lines printed, in order."""
    return [line[len(MARK) :].strip() for line in output.splitlines() if line.startswith(MARK)]


def records(text: str) -> list[Record]:
    """The records in the concatenated scripts of a host; what cannot be read is left out."""
    found: list[Record] = []
    for line in text.splitlines():
        if not line.startswith(RECORD):
            continue
        try:
            values = json.loads(line[len(RECORD) :])
            found.append(
                Record(str(values["commit"]), str(values["urn"]), str(values["controller"]), int(values["seconds"]))
            )
        except (ValueError, KeyError, TypeError):
            continue
    return found
