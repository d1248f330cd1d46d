"""A simulated machine on which the script that takes a change back really runs."""

from __future__ import annotations

import io
import threading

from winipsec.host.batch import secure_folder
from winipsec.host.revert_script import Record, RevertScript, marks
from winipsec_lab.machine.machine import Machine

NETSH = "netsh ipsec static"

FOLDER = r"C:\Windows\winipsec"
LOCAL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
NEW = (
    f'{NETSH} add policy name="new"',
    f'{NETSH} delete rule name="old rule" policy="old"',
    f'{NETSH} set policy name="new" assign=yes',
)
NUMBER, RIVAL = "0123456789ab", "ba9876543210"
BASE = rf"{FOLDER}\c-{NUMBER}"
OLD = (
    f'{NETSH} add filterlist name="old list"',
    f'{NETSH} add filter filterlist="old list" srcaddr=any dstaddr=me protocol=TCP dstport=80',
    f'{NETSH} add filteraction name="old action" action=block',
    f'{NETSH} add policy name="old" description="50% off & more"',
    f'{NETSH} add rule name="old rule" policy="old" filterlist="old list" filteraction="old action"',
    f'{NETSH} set policy name="old" assign=yes',
)


class Site:
    """A machine with a store, and a commit on its way there."""

    def __init__(self, commands=OLD, *, guesses=(), running=True):
        self.machine = Machine("web1")
        for name, setting in guesses:
            self.machine.guesses.set(name, setting)
        self.must(*commands)
        if not running:
            self.must("net stop PolicyAgent")
        self.old = self.store()
        self.script = RevertScript(
            Record(NUMBER, "urn:pulumi:dev::web::t::a", "ci:12", 300), FOLDER, exists=commands == OLD, running=running
        )

    def must(self, *lines):
        """Lines that succeed at the console."""
        for line in lines:
            code, out, err = self.machine.console(line)
            assert code == 0, (line, out, err)

    def send(self, line, stdin=b""):
        """One line as WinRM would run it: the marks it printed, and everything it printed."""
        out = io.BytesIO()
        self.machine.start_process(
            line,
            stdin=io.BytesIO(stdin),
            stdout=out.write,
            stderr=out.write,
            environment={},
            directory="",
            code_page=65001,
            user=self.machine.users[0],
            cancelled=threading.Event(),
        )
        text = out.getvalue().decode()
        return list(marks(text)), text

    def arm(self, script=None):
        """Arm the machine; the marks."""
        script = script or self.script
        return self.send(script.arm_line(secure_folder(FOLDER)), script.script)

    def armed(self):
        """The machine is armed, and changed."""
        assert self.arm()[0] == ["exported", "tasked", "armed"]
        self.must("net start PolicyAgent" if not self.runs else "ver", *NEW[:: 1 if self.script.exists else 2])
        assert self.store() != self.old
        return self

    @property
    def runs(self):
        """Whether the agent runs."""
        return self.machine.services.running("PolicyAgent")

    def store(self):
        """Every value of the store as text; nothing where there is no store."""
        registry = self.machine.registry
        return registry.export_text(LOCAL) if registry.has_key(LOCAL) else ""

    def files(self):
        """What lies in the folder."""
        names = self.machine.console(rf"dir /b {FOLDER}\c-*.*")[1].split()
        return sorted(name.partition(".")[2] for name in names if name.startswith(f"c-{NUMBER}."))

    def tasks(self):
        """The names of our tasks."""
        return [task.name for task in self.machine.tasks.tasks() if "winipsec" in task.name]

    def stage(self):
        """What the machine says."""
        (*stages, end) = self.send(self.script.look_line())[0]
        assert end == "end"
        return stages

    def call(self, lines=None):
        """Run the script, or another one in its place."""
        if lines is None:
            return self.machine.console(f'call "{BASE}.cmd"')[0]
        self.machine.files.write(rf"{FOLDER}\part.cmd", "".join(f"{line}\r\n" for line in lines).encode())
        return self.machine.console(rf'call "{FOLDER}\part.cmd"')[0]

    def taken_back(self):
        """The machine is as it was."""
        return self.store() == self.old and self.runs == self.script.running and self.stage() == ["reverted"]
