"""`schtasks` for those who only look, ask or restart."""

from __future__ import annotations

import csv
import io
import time

import pytest
from schtasks_desk import FILE, LOCALES, PLAIN, Desk
from winipsec_lab.machine.machine import Machine


@pytest.fixture
def desk():
    """An American host."""
    found = Desk()
    yield found
    found.machine.close()


class TestOthers:
    """`/query`, `/run`, `/end`, `/change`, rights, and the service."""

    @pytest.mark.parametrize("operation", ["query", "delete /f", "run", "end", "change /disable"])
    def test_a_task_that_is_missing(self, desk, operation):
        """One message and exit code 1; the HRESULT when asked for."""
        line = rf"schtasks /{operation} /tn \App\rb"
        assert desk(line) == (1, "", "ERROR: The system cannot find the file specified.\r\n")
        assert desk(f"{line} /hresult")[0] == 0x80070002 - (1 << 32)

    def test_run_and_end(self, desk):
        """Starting by hand leaves the triggers alone."""
        desk.create()
        assert desk(r"schtasks /run /tn \App\rb") == (
            0,
            'SUCCESS: Attempted to run the scheduled task "\\App\\rb".\r\n',
            "",
        )
        assert desk.machine.tasks.wait_until_idle()
        assert desk(r"type C:\runs.txt")[1] == "run\r\n"
        assert desk.machine.tasks.find(r"\App\rb").due
        assert desk(r"schtasks /end /tn \App\rb")[0] == 0

    def test_disable_and_enable(self, desk):
        """A disabled task shows it, does not run, and cannot be started."""
        desk.create()
        assert desk(r"schtasks /change /tn \App\rb /disable")[0] == 0
        assert "Disabled" in desk(r"schtasks /query /tn \App\rb")[1]
        assert desk(r"schtasks /run /tn \App\rb")[0] == 1
        desk.machine.clock.advance(1000)
        assert desk.machine.tasks.wait_until_idle()
        assert desk(r"schtasks /change /tn \App\rb /enable")[0] == 0
        assert "Ready" in desk(r"schtasks /query /tn \App\rb")[1]
        assert not desk.machine.files.is_file(r"C:\runs.txt")

    def test_nothing_to_list(self, desk):
        """A host without tasks says so, and it is no failure."""
        none = "INFO: There are no scheduled tasks presently available at your access level.\r\n"
        for line in ("schtasks", "schtasks /query", "schtasks /query /fo list"):
            assert desk(line) == (0, f"\r\nFolder: \\\r\n{none}", "")
        assert desk("schtasks /query /fo csv") == (0, none, "")

    def test_lists(self, desk):
        """CSV and lists give full names; `/nh` leaves the heading out; a folder can be asked for."""
        desk.create()
        desk.create("other")
        assert desk("schtasks /query /fo csv /nh")[1] == '"\\other","N/A","Ready"\r\n"\\App\\rb","N/A","Ready"\r\n'
        assert desk(r"schtasks /query /fo csv /nh /tn \App")[1] == '"\\App\\rb","N/A","Ready"\r\n'
        listed = desk(r"schtasks /query /fo list /tn \App\rb")[1].split("\r\n")
        assert listed[2:5] == ["HostName:      WEB1", "TaskName:      \\App\\rb", "Next Run Time: N/A"]

    @pytest.mark.parametrize("locale", LOCALES)
    def test_a_verbose_list(self, locale):
        """One row for each trigger, with as many cells as columns, in every language."""
        desk = Desk(locale=locale)
        desk.create()
        desk(f"{PLAIN} /sc minute /mo 5")
        rows = list(csv.reader(io.StringIO(desk("schtasks /query /v /fo csv")[1])))
        assert [len(row) for row in rows] == [28] * 4
        assert [row[1] for row in rows[1:]] == [r"\N", r"\App\rb", r"\App\rb"]
        assert {row[8] for row in rows[2:]} == {r"C:\Windows\System32\cmd.exe /d /c echo run>>C:\runs.txt"}
        assert desk("schtasks /query /v /fo list")[0] == desk("schtasks /query /v")[0] == 0

    def test_xml_comes_out_as_it_went_in(self, desk):
        """What is shown can be registered again."""
        desk.create()
        before = desk.task(r"\App\rb")
        shown = desk(r"schtasks /query /xml /tn \App\rb")[1]
        desk.machine.files.write(FILE, b"\xff\xfe" + shown.encode("utf-16-le"))
        assert desk.create()[0] == 0
        assert desk.task(r"\App\rb") == before
        assert desk("schtasks /query /xml one")[0] == 0

    @pytest.mark.parametrize(
        ("locale", "ready", "success"),
        [
            ("de-DE", "Bereit", "ERFOLGREICH: "),
            ("ru-RU", "Готово", "УСПЕХ"),
            ("ja-JP", "準備完了", "成功: "),
            ("zh-CN", "就绪", "成功: "),
        ],
    )
    def test_everything_is_translated(self, locale, ready, success):
        """The state of a task too: exit codes are all a client can rely on."""
        desk = Desk(locale=locale)
        code, out, _ = desk.create()
        assert (code, out.startswith(success)) == (0, True)
        assert ready in desk(r"schtasks /query /tn \App\rb")[1]
        assert "Ready" not in desk(r"schtasks /query /v /fo csv")[1]
        assert not desk(r"schtasks /query /tn \App\x")[2].startswith("ERROR")

    @pytest.mark.parametrize("operation", ["create", "delete", "run", "end", "change", "query"])
    def test_who_is_no_administrator(self, operation):
        """Access is denied, and tasks of others cannot be seen."""
        desk = Desk(users=("Administrator", "bob"))
        desk.create()
        more = {"create": rf"/xml {FILE} /f", "delete": "/f", "change": "/disable"}.get(operation, "")
        code, _, err = desk(rf"schtasks /{operation} /tn \App\rb {more}", user="bob")
        missing = "The system cannot find the file specified."
        assert (code, err) == (1, f"ERROR: {missing if operation == 'query' else 'Access is denied.'}\r\n")
        assert desk.task(r"\App\rb").settings.enabled

    def test_a_stopped_service(self, desk):
        """Nothing can be armed, and the exit code says so."""
        desk.machine.guesses.set("tasks.service", "stopped")
        assert desk.create() == (1, "", "ERROR: The Task Scheduler service is not running.\r\n")
        assert desk("schtasks /query")[0] == 1
        assert desk(r"schtasks /query /hresult")[0] == 0x80041315 - (1 << 32)


class TestShutdown:
    """`shutdown /r` on the host's clock."""

    def test_it_waits(self, desk):
        """30 seconds by default, or what `/t` says; taken back by `/a`."""
        machine = desk.machine
        machine.reboot_listeners.append(machine.reboot)
        assert desk("shutdown /r /f /t 60")[0] == 0
        assert desk("shutdown /r")[::2] == (1190, "A system shutdown has already been scheduled.(1190)\r\n")
        machine.clock.advance(58)
        assert desk("shutdown /a")[0] == 0
        machine.clock.advance(100)
        assert desk("shutdown -r")[0] == 0
        time.sleep(0.05)
        assert machine.boots == 1
        machine.clock.advance(30)
        end = time.monotonic() + 2
        while machine.boots == 1 and time.monotonic() < end:
            time.sleep(0.005)
        assert machine.boots == 2
        assert desk("shutdown /a")[0] == 1116

    def test_it_is_kept(self, desk):
        """A machine that is stored and loaded again still goes down."""
        desk("shutdown /r /t 60")
        again = Machine.from_json(desk.machine.to_json())
        assert again.reboot_requested.is_set()
        again.close()

    @pytest.mark.parametrize("more", ["/t x", "/t 315360001", "/t -1"])
    def test_bad_times(self, desk, more):
        """No number, too many seconds."""
        assert desk(f"shutdown /r {more}")[0] == 1
        assert not desk.machine.reboot_requested.is_set()
