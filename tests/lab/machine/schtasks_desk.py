"""Somebody at the console of a machine who types `schtasks`."""

from __future__ import annotations

from winipsec_lab.machine.machine import Machine

SOURCE = (
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">'
    "<Triggers><RegistrationTrigger><Delay>PT4M</Delay></RegistrationTrigger><BootTrigger/></Triggers>"
    '<Principals><Principal id="A"><UserId>S-1-5-18</UserId></Principal></Principals>'
    r'<Actions Context="A"><Exec><Command>C:\Windows\System32\cmd.exe</Command>'
    r"<Arguments>/d /c echo run>>C:\runs.txt</Arguments></Exec></Actions></Task>"
)

LOCALES = ("en-US", "de-DE", "ru-RU", "ja-JP", "zh-CN")
PLAIN = r'schtasks /create /tn N /tr "cmd /c C:\app\rollback.cmd" /ru SYSTEM'
FILE = r"C:\ProgramData\t.xml"
XML = b"\xff\xfe" + SOURCE.encode("utf-16-le")


class Desk:
    """Somebody at the console of a machine."""

    def __init__(self, **options):
        self.machine = Machine("web1", **options)
        self.machine.files.write(FILE, XML)

    def __call__(self, line, user=""):
        """Exit code, standard output, standard error."""
        return self.machine.console(line, user=user)

    def create(self, name=r"\App\rb", more="/f"):
        """A task from the file."""
        return self(rf'schtasks /create /tn "{name}" /xml "{FILE}" {more}')

    def task(self, name=r"\N"):
        """A task's definition."""
        return self.machine.tasks.find(name).definition

    def at(self, seconds):
        """A later moment on the host's wall."""
        clock = self.machine.clock
        return clock.at(clock.timestamp() + seconds)
