"""`schtasks`: its switches, limits, messages and exit codes (winrm 4.2, 4.4, 4.7, 5.3)."""

from __future__ import annotations

import base64
import io
import threading
import time

import pytest
from schtasks_desk import FILE, LOCALES, PLAIN, SOURCE, XML, Desk
from winipsec_lab.machine.tasks.definition import BOOT, TIME, Action, Principal, Repetition, Trigger


@pytest.fixture
def desk():
    """An American host."""
    found = Desk()
    yield found
    found.machine.close()


class TestXml:
    """`/create /xml`."""

    def test_a_task_is_created_and_ready(self, desk):
        """The two steps of arming: create with exit code 0, then query shows it Ready."""
        assert desk.create() == (0, 'SUCCESS: The scheduled task "\\App\\rb" has successfully been created.\r\n', "")
        assert desk(r"schtasks /query /tn \app\RB")[1].split("\r\n") == [
            "",
            r"Folder: \App",
            "TaskName                                 Next Run Time          Status         ",
            "======================================== ====================== ===============",
            "rb                                       N/A                    Ready          ",
            "",
        ]

    def test_it_runs_when_it_is_due(self, desk):
        """On the host's clock, without any client."""
        desk.create()
        desk.machine.clock.advance(240)
        assert desk.machine.tasks.wait_until_idle()
        assert desk(r"type C:\runs.txt")[1] == "run\r\n"

    @pytest.mark.parametrize(
        ("data", "text"),
        [
            (b"<Task", "The task XML is malformed."),
            (SOURCE.encode("utf-16-le"), "The task XML is malformed."),
            (b'<?xml version="1.0" encoding="UTF-8"?>' + SOURCE.encode(), "The task XML is malformed."),
            (SOURCE.replace("mit/task", "mit/other").encode(), "unexpected namespace"),
            (SOURCE.replace("<BootTrigger/>", "<BootTriger/>").encode(), "unexpected node"),
            (SOURCE.replace("PT4M", "4").encode(), "incorrectly formatted or out of range"),
            (SOURCE.replace("<Command>", "<!--").replace("</Command>", "-->").encode(), "missing a required element"),
            (SOURCE.replace("BootTrigger", "CalendarTrigger").encode(), "does not know 'CalendarTrigger'"),
            (SOURCE.replace("S-1-5-18", "nobody").encode(), "No mapping between account names"),
        ],
    )
    def test_refused_files(self, desk, data, text):
        """Exit code 1, a message that begins with ERROR, and no task."""
        desk.machine.files.write(FILE, data)
        code, out, err = desk.create()
        assert (code, out) == (1, "")
        assert err.startswith("ERROR: ")
        assert text in err
        assert desk.machine.tasks.tasks() == []

    def test_an_ascii_file_that_came_through_findstr(self, desk):
        """No declaration, no mark: accepted, unless the guess says otherwise."""
        desk.machine.files.write(FILE, SOURCE.encode() + b"\r\n")
        assert desk.create()[0] == 0
        desk.machine.guesses.set("tasks.ascii_xml", "refused")
        assert desk.create()[0] == 1

    def test_a_file_that_came_through_certutil(self, desk):
        """base64 carries UTF-16; where `certutil` is blocked nothing comes of it."""
        desk.machine.files.write(r"C:\ProgramData\t.b64", base64.encodebytes(XML))
        line = rf"certutil -f -decode C:\ProgramData\t.b64 {FILE}"
        desk.machine.files.remove(FILE)
        desk.machine.guesses.set("certutil.coding", "blocked")
        assert desk(line)[::2] == (5, "Access is denied.\r\n")
        assert not desk.machine.files.is_file(FILE)
        desk.machine.guesses.set("certutil.coding", "works")
        assert desk(line)[0] == 0
        assert desk.create()[0] == 0

    def test_no_such_file(self, desk):
        """The system's message."""
        desk.machine.files.remove(FILE)
        assert desk.create() == (1, "", "ERROR: The system cannot find the file specified.\r\n")

    def test_it_does_not_go_with_switches_of_a_schedule(self, desk):
        """The file says it all; only the account may be another."""
        assert desk.create(more="/f /sc once")[0] == 1
        assert desk.create(more='/f /ru "NT AUTHORITY\\SYSTEM"')[0] == 0

    def test_old_windows_does_not_have_it(self):
        """Windows Server 2003: no `/xml`, no `/rl`, no folders, no `/hresult`."""
        desk = Desk(generation="2003")
        assert desk.create("rb")[2].startswith("ERROR: Invalid argument/option - '/xml'.\r\n")
        assert desk(rf"{PLAIN} /sc onstart /rl highest")[0] == 1
        assert desk(r"schtasks /create /tn \App\N /tr x /sc onstart /ru SYSTEM")[0] == 1
        assert desk(f"{PLAIN} /sc once /st 23:59:00")[0] == 0
        assert desk("schtasks /query /hresult")[0] == 1


class TestSwitches:
    """`/create` without a file."""

    def test_once(self, desk):
        """At a minute of today, as SYSTEM, under three days' limit, not on batteries."""
        at = desk.at(180)
        line = f"{PLAIN} /sc once /st {at:%H:%M} /sd {at:%m/%d/%Y} /rl HIGHEST /f"
        assert desk(line) == (0, 'SUCCESS: The scheduled task "N" has successfully been created.\r\n', "")
        found = desk.task()
        assert found.triggers == (Trigger(TIME, start=f"{at:%Y-%m-%dT%H:%M:00}"),)
        assert found.actions == (Action("cmd", r"/c C:\app\rollback.cmd"),)
        assert found.principal == Principal("Author", "S-1-5-18", highest=True)
        assert not found.settings.on_batteries

    def test_a_start_in_the_past(self, desk):
        """The task is created, a warning goes to standard error, and it never runs."""
        at = desk.at(-3600)
        code, _, err = desk(f"{PLAIN} /sc once /st {at:%H:%M} /sd {at:%m/%d/%Y}")
        assert (code, err) == (0, "WARNING: Task may not run because /ST is earlier than current time.\r\n")
        desk.machine.clock.advance(2 * 86400)
        assert desk.machine.tasks.wait_until_idle()
        assert desk.machine.tasks.find(r"\N").last_run == 0

    @pytest.mark.parametrize(("guess", "ran"), [("never", False), ("at_once", True)])
    def test_the_current_minute(self, desk, guess, ran):
        """A task set for the minute that has begun may never start."""
        desk.machine.guesses.set("tasks.current_minute", guess)
        at = desk.at(0)
        if at.second > 57:
            desk.machine.clock.advance(4)
            at = desk.at(0)
        line = rf'schtasks /create /tn N /tr "cmd /c echo run>>C:\runs.txt" /ru SYSTEM /sc once /st {at:%H:%M} /sd {at:%m/%d/%Y}'
        assert desk(line)[0] == 0
        desk.machine.clock.advance(120)
        assert desk.machine.tasks.wait_until_idle()
        assert desk.machine.files.is_file(r"C:\runs.txt") == ran

    def test_every_so_many_minutes(self, desk):
        """`/sc minute /mo N`, for a while with `/du`."""
        assert desk(f"{PLAIN} /sc minute /mo 5 /st 00:00 /sd 01/01/2020 /du 0001:30")[0] == 0
        assert desk.task().triggers == (
            Trigger(TIME, start="2020-01-01T00:00:00", repetition=Repetition(300.0, 5400.0)),
        )
        assert desk(f"{PLAIN} /sc minute /st 23:00 /et 01:00 /sd 01/01/2020 /f")[0] == 0
        assert desk.task().triggers[0].repetition == Repetition(60.0, 7200.0)

    def test_at_every_start(self, desk):
        """`/sc onstart`, with a delay if wanted."""
        assert desk(f"{PLAIN} /sc onstart /delay 0002:30")[0] == 0
        assert desk.task().triggers == (Trigger(BOOT, delay=150.0),)

    def test_deleting_itself_needs_an_end(self, desk):
        """`/z` without `/ed` lacks an element."""
        code, _, err = desk(f"{PLAIN} /sc once /st 23:59 /z")
        assert (code, "missing a required element" in err, "EndBoundary" in err) == (1, True, True)
        assert desk(f"{PLAIN} /sc once /st 23:59 /z /ed 12/31/2099")[0] == 0
        assert desk.task().settings.delete_after == 0.0
        assert desk.task().triggers[0].end == "2099-12-31T23:59:00"

    @pytest.mark.parametrize(
        ("locale", "date", "good"),
        [
            ("en-US", "12/31/2099", True),
            ("en-US", "31/12/2099", False),
            ("de-DE", "31/12/2099", True),
            ("de-DE", "31.12.2099", False),
            ("de-DE", "12/31/2099", False),
            ("ru-RU", "31/12/2099", True),
            ("ja-JP", "2099/12/31", True),
            ("zh-CN", "2099/12/31", True),
            ("zh-CN", "12/31/2099", False),
            ("en-US", "1/2/2099", False),
            ("en-US", "02/30/2099", False),
        ],
    )
    def test_dates_follow_the_language(self, locale, date, good):
        """Month, day and year in the order of the host's short date, always with slashes."""
        desk = Desk(locale=locale)
        assert (desk(f"{PLAIN} /sc once /st 12:00 /sd {date}")[0] == 0) == good

    @pytest.mark.parametrize(("length", "code"), [(261, 0), (262, 1)])
    def test_the_command_has_261_characters_at_most(self, desk, length, code):
        """A longer one is refused, not cut."""
        assert desk(f"schtasks /create /tn N /tr {'x' * length} /sc onstart /ru SYSTEM")[0] == code

    @pytest.mark.parametrize(
        ("run", "action"),
        [
            (r'"\"C:\Program Files\a.cmd\" b c"', Action(r"C:\Program Files\a.cmd", "b c")),
            (r'"\'C:\Program Files\a.cmd\' b c"'.replace("\\'", "'"), Action(r"C:\Program Files\a.cmd", "b c")),
            (r'"C:\Program Files\a.cmd b"', Action(r"C:\Program", r"Files\a.cmd b")),
        ],
    )
    def test_quotes_in_the_command(self, desk, run, action):
        """The program ends at the first blank unless it is in quotes of its own."""
        assert desk(f"schtasks /create /tn N /tr {run} /sc onstart /ru SYSTEM")[0] == 0
        assert desk.task().actions == (action,)

    @pytest.mark.parametrize(
        ("more", "principal"),
        [
            ('/ru ""', Principal("Author", "S-1-5-18")),
            ('/ru "Local Service"', Principal("Author", "S-1-5-19")),
            ("", Principal("Author", "Administrator", logon="InteractiveToken")),
            ("/ru Administrator /rp secret", Principal("Author", "Administrator", logon="Password")),
            ("/ru Administrator /np", Principal("Author", "Administrator", logon="S4U")),
        ],
    )
    def test_accounts(self, desk, more, principal):
        """SYSTEM needs no password, others do; without `/ru` it is the caller, while logged on."""
        assert desk(f"schtasks /create /tn N /tr x /sc onstart {more}")[0] == 0
        assert desk.task().principal == principal

    def test_system_is_system_in_every_language(self):
        """The English name and the number work everywhere."""
        for locale in LOCALES:
            desk = Desk(locale=locale)
            for name in ("SYSTEM", "S-1-5-18", '"NT AUTHORITY\\SYSTEM"'):
                assert desk(f"schtasks /create /tn N /tr x /sc onstart /ru {name} /f")[0] == 0
                assert desk.task().principal.user == "S-1-5-18"

    @pytest.mark.parametrize(
        "line",
        [
            "schtasks /create",
            "schtasks /create /tn N",
            "schtasks /create /tn N /tr x",
            "schtasks /create /tr x /sc onstart",
            "schtasks /create /tn",
            "schtasks /create /tn N /tn N /tr x /sc onstart",
            "schtasks /create /tn N /tr x /sc once",
            "schtasks /create /tn N /tr x /sc once /st 3:00",
            "schtasks /create /tn N /tr x /sc once /st 24:00",
            "schtasks /create /tn N /tr x /sc daily",
            "schtasks /create /tn N /tr x /sc minute /mo 0",
            "schtasks /create /tn N /tr x /sc minute /mo 1440",
            "schtasks /create /tn N /tr x /sc minute /du 5",
            "schtasks /create /tn N /tr x /sc onstart /delay 2:30",
            "schtasks /create /tn N /tr x /sc onstart /rl most",
            "schtasks /create /tn N /tr x /sc onstart /ru nobody",
            "schtasks /create /tn N /tr x /sc onstart /ru Administrator",
            "schtasks /create /tn N /tr x /sc onstart /ru SYSTEM /bad",
            "schtasks /create /tn N /tr x /sc onstart /ru SYSTEM /s other",
            'schtasks /create /tn "a:b" /tr x /sc onstart /ru SYSTEM',
            r"schtasks /create /tn a\\b /tr x /sc onstart /ru SYSTEM",
            f"schtasks /create /tn {'x' * 238} /tr x /sc onstart /ru SYSTEM",
            "schtasks /erase /tn N",
            "schtasks /query /fo xml",
            "schtasks /change /tn N",
            "schtasks /delete /f",
        ],
    )
    def test_refusals(self, desk, line):
        """Exit code 1, ERROR on standard error, nothing done."""
        code, _, err = desk(line)
        assert (code, err[:7]) == (1, "ERROR: ")
        assert desk.machine.tasks.tasks() == []

    def test_help(self, desk):
        """Asking is no failure."""
        assert desk("schtasks /?")[0] == 0
        assert desk("schtasks /create /?")[0] == 0


class TestQuestions:
    """What asks, and what happens without an answer."""

    @pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 0), ("N", 0, 1), ("", 1, 1), ("x", 1, 1)])
    def test_deleting(self, desk, answer, code, left):
        """`/delete` asks; the end of the input is a failure."""
        desk.create()
        found = desk(
            rf"echo {answer}| schtasks /delete /tn \App\rb" if answer else r"schtasks /delete /tn \App\rb <nul"
        )
        assert "(Y/N)?" in found[1]
        assert (found[0], len(desk.machine.tasks.tasks())) == (code, left)
        assert desk(r"schtasks /delete /tn \App\rb /f") == (
            (0, 'SUCCESS: The scheduled task "\\App\\rb" was successfully deleted.\r\n', "")
            if left
            else (1, "", "ERROR: The system cannot find the file specified.\r\n")
        )

    def test_replacing(self, desk):
        """`/create` over an existing task asks too, unless `/f`."""
        desk.create()
        before = desk.machine.tasks.find(r"\App\rb").registered
        assert desk.create(more="<nul")[0] == 1
        assert desk.machine.tasks.find(r"\App\rb").registered == before
        assert desk.create(more="/f")[0] == 0
        assert desk.machine.tasks.find(r"\App\rb").registered > before

    def test_it_hangs_while_the_input_is_open(self, desk):
        """A client that neither answers nor ends the input waits for ever."""
        desk.create()
        cancelled, codes = threading.Event(), []

        class Open:
            """An input that has nothing and does not end."""

            def read(self, n=-1, /):
                """Wait until the process is ended."""
                cancelled.wait()
                return b""

        def run():
            line, out = r"schtasks /delete /tn \App\rb", io.BytesIO()
            streams = {"stdin": Open(), "stdout": out.write, "stderr": out.write}
            options = {"environment": {}, "directory": "", "code_page": 0, "user": "Administrator"}
            codes.append(desk.machine.start_process(line, **streams, **options, cancelled=cancelled))

        thread = threading.Thread(target=run)
        thread.start()
        time.sleep(0.05)
        assert thread.is_alive()
        cancelled.set()
        thread.join(2)
        assert codes
        assert desk.machine.tasks.find(r"\App\rb")

    def test_all_at_once(self, desk):
        """`/tn *`."""
        desk.create()
        desk.create("b")
        assert desk("schtasks /delete /tn * /f")[0] == 0
        assert desk.machine.tasks.tasks() == []
