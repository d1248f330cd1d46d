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
    '<Actions Context="A"><Exec><Command>%SystemRoot%\\System32\\cmd.exe</Command>',
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
        exists: Whether the host has a local store to export; one without gets none back.
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

    def name(self, extension: str) -> str:
        """The quoted path of one of the files; `*` means all of them."""
        return _quoted(rf"{self.folder}\c-{self.record.commit}.{extension}")

    @property
    def script(self) -> bytes:
        """The script that takes the change back."""
        log = f">>{self._inside('log')} 2>&1"
        fired, away = self._inside("fired"), f'schtasks.exe" /delete /tn "{self.task}" /f'
        lines = [
            "@echo off",
            f'ren {self._inside("armed")} "c-{self.record.commit}.fired" 2>nul',
            f'if not exist {fired} ("{_SYSTEM32}\\{away} >nul 2>nul & exit /b 0)',
            f'"{_SYSTEM32}\\net.exe" stop {SERVICE} /y {log}',
            f'"{_SYSTEM32}\\reg.exe" delete "{LOCAL}" /f {log}',
        ]
        if self.exists:
            restore = f'"{_SYSTEM32}\\reg.exe" import {self._inside("reg")} {log}'
            lines.append(f"{restore} || {restore} || exit /b 1")
        if self.running:
            lines.append(f'"{_SYSTEM32}\\net.exe" start {SERVICE} {log}')
        lines += [
            f'ren {fired} "c-{self.record.commit}.reverted" {log}',
            f"del /f /q {self._inside('reg')} {self._inside('xml')} {log}",
            f'"{_SYSTEM32}\\{away} {log}',
            "exit /b 0",
            self.record.line(),
        ]
        return "".join(f"{line}\r\n" for line in lines).encode("ascii")

    def _inside(self, extension: str) -> str:
        """The same path for a line of a script, where a percent sign stands doubled."""
        return f'"{self.folder}\\c-{self.record.commit}.{extension}"'.replace("%", "%%")

    def task_lines(self) -> list[str]:
        """The task, one element after another."""
        script = escape(f'"{self.folder}\\c-{self.record.commit}.cmd"')
        return [line.format(seconds=self.record.seconds, script=script) for line in _TASK]

    def prepare_line(self, gate: str) -> str:
        """Keep the script, which comes over stdin, and export the store; `gate` must succeed before."""
        reg, script = self.name("reg"), self.name("cmd")
        export = f'reg export "{LOCAL}" {reg} /y >nul && findstr "^" {reg} >nul && ' if self.exists else ""
        opening = f"{gate} && " if gate else ""
        return f'{opening}findstr "^" >{script} && {export}echo {MARK}exported'

    def arm_line(self, gate: str) -> str:
        """All in one: keep the script, export the store, make the task and say that it is armed."""
        return f"{self.prepare_line(gate)}&& {self._echoed()} && {self._make_task()}"

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
        """Take the change back now."""
        return f"call {self.name('cmd')} >nul 2>nul & {self.look_line()}"

    def remove_line(self) -> str:
        """Remove every trace; only for a change that nobody waits for any more."""
        return f"schtasks /delete /tn {self.task} /f >nul 2>nul & {self._delete()}"

    def _delete(self) -> str:
        return f"del /f /q {self.name('*')} 2>nul"

    def _echoed(self) -> str:
        return f"echo {_plain(''.join(self.task_lines()))}>{self.name('xml')}"

    def _make_task(self) -> str:
        rivals = " ".join(_quoted(rf"{self.folder}\c-*.{stage}") for stage in STAGES[:2])
        return (
            f"schtasks /create /tn {self.task} /xml {self.name('xml')} /f >nul && schtasks /query /tn {self.task} >nul "
            f"&& echo {MARK}tasked&& echo armed>{self.name('armed')} && (echo {MARK}armed& dir /b {rivals} 2>nul)"
        )


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
