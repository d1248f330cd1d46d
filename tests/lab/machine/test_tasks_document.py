"""Tasks as XML: what is read, what is refused, and in which encodings (winrm 5.3)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from winipsec_lab.machine.guesses import Guesses
from winipsec_lab.machine.tasks.definition import (
    BOOT,
    REGISTRATION,
    TIME,
    Action,
    Definition,
    Principal,
    Repetition,
    Settings,
    Trigger,
    duration,
    moment,
    seconds,
)
from winipsec_lab.machine.tasks.document import read
from winipsec_lab.machine.tasks.encoding import TaskXmlError, decode
from winipsec_lab.machine.tasks.schedule import counts, expiry, first, following
from winipsec_lab.machine.tasks.writing import write

SPEC = r"""<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers>
    <RegistrationTrigger><Enabled>true</Enabled><Delay>PT4M</Delay></RegistrationTrigger>
    <BootTrigger><Enabled>true</Enabled></BootTrigger>
  </Triggers>
  <Principals><Principal id="A"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal></Principals>
  <Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries><StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT10M</ExecutionTimeLimit><Priority>4</Priority></Settings>
  <Actions Context="A"><Exec><Command>C:\Windows\System32\cmd.exe</Command>
    <Arguments>/d /c "C:\ProgramData\app\rollback-ID.cmd"</Arguments></Exec></Actions>
</Task>"""
NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
EXEC = "<Actions><Exec><Command>x.exe</Command></Exec></Actions>"


def task(inside=EXEC, attributes=f'version="1.2" xmlns="{NAMESPACE}"'):
    """A document around some elements."""
    return f"<Task {attributes}>{inside}</Task>"


def test_the_dead_man_switch_of_the_spec():
    """Every field of the task that the spec gives."""
    assert read(SPEC) == Definition(
        triggers=(Trigger(REGISTRATION, delay=240.0), Trigger(BOOT)),
        actions=(Action(r"C:\Windows\System32\cmd.exe", r'/d /c "C:\ProgramData\app\rollback-ID.cmd"'),),
        principal=Principal("A", "S-1-5-18", highest=True),
        settings=Settings(on_batteries=True, stops_on_batteries=False, when_available=True, limit=600.0, priority=4),
    )


def test_what_is_left_out_has_the_defaults_of_the_schema():
    """One instance, three days, no start on batteries, nothing made up for."""
    settings = read(task()).settings
    assert (settings.instances, settings.limit, settings.priority) == ("IgnoreNew", 3 * 86400, 7)
    assert (settings.enabled, settings.on_batteries, settings.when_available) == (True, False, False)


@pytest.mark.parametrize(
    ("text", "length"),
    [("PT4M", 240), ("PT0S", 0), ("P1DT2H", 93600), ("PT1H30M5S", 5405), ("P1Y2M3D", 428 * 86400), ("PT1.5S", 1.5)],
)
def test_durations(text, length):
    """ISO 8601; a year has 365 days and a month 30."""
    assert seconds(text) == length
    assert seconds(duration(length)) == length


@pytest.mark.parametrize("text", ["", "P", "PT", "4M", "PT4", "P4M5", "-PT4M", "PT4M ago", "P1H"])
def test_no_durations(text):
    """Everything else is none."""
    with pytest.raises(ValueError, match="not a duration"):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "zone", "at"),
    [
        ("1970-01-02T00:00:00", 0, 86400),
        ("1970-01-02T00:00:00", 60, 82800),
        ("1970-01-02T00:00:00Z", 60, 86400),
        ("1970-01-02T00:00:00-01:30", 60, 91800),
        ("1970-01-02T00:00:00.5Z", 0, 86400),
    ],
)
def test_moments(text, zone, at):
    """Local time unless the text says a zone."""
    assert moment(text, zone) == at


@pytest.mark.parametrize("text", ["", "1970-01-02", "1970-13-02T00:00:00", "02.01.1970T00:00:00", "1970-01-02T00:00"])
def test_no_moments(text):
    """Everything else is none."""
    with pytest.raises(ValueError, match=r"moment|month"):
        moment(text, 0)


REFUSED = [
    ("malformed", "<Task"),
    ("malformed", ""),
    ("malformed", f"<!DOCTYPE x>{task('')}"),
    ("malformed", task() + "x"),
    ("namespace", task(attributes="")),
    ("namespace", task(attributes='xmlns="http://example.test/other"')),
    ("namespace", task(f'<x:Data xmlns:x="urn:x"/>{EXEC}')),
    ("unexpected_node", f'<Job xmlns="{NAMESPACE}">{EXEC}</Job>'),
    ("unexpected_node", task(f"<Trigger/>{EXEC}")),
    ("unexpected_node", task(f"<Triggers/><Triggers/>{EXEC}")),
    ("unexpected_node", task(f"<Triggers><SunriseTrigger/></Triggers>{EXEC}")),
    ("unexpected_node", task(f"<Triggers><BootTrigger><Dely>PT1M</Dely></BootTrigger></Triggers>{EXEC}")),
    ("unexpected_node", task(f"<Settings><Enabled>true</Enabled><Enabled>true</Enabled></Settings>{EXEC}")),
    ("unexpected_node", task("<Actions><Run><Command>x</Command></Run></Actions>")),
    ("unexpected_node", task(f"<Principals><Principal/><Principal/></Principals>{EXEC}")),
    (
        "unexpected_node",
        task(f"<Principals><Principal><UserId>a</UserId><GroupId>b</GroupId></Principal></Principals>{EXEC}"),
    ),
    ("unexpected_node", task(f"<Settings><Priority><b>4</b></Priority></Settings>{EXEC}")),
    ("bad_value", task(attributes=f'version="9.9" xmlns="{NAMESPACE}"')),
    (
        "bad_value",
        task(f"<Triggers><RegistrationTrigger><Delay>4 minutes</Delay></RegistrationTrigger></Triggers>{EXEC}"),
    ),
    ("bad_value", task(f"<Triggers><BootTrigger><Enabled>TRUE</Enabled></BootTrigger></Triggers>{EXEC}")),
    (
        "bad_value",
        task(f"<Triggers><TimeTrigger><StartBoundary>03:00</StartBoundary></TimeTrigger></Triggers>{EXEC}"),
    ),
    ("bad_value", task(f"<Settings><Priority>11</Priority></Settings>{EXEC}")),
    ("bad_value", task(f"<Settings><MultipleInstancesPolicy>ignorenew</MultipleInstancesPolicy></Settings>{EXEC}")),
    ("bad_value", task("<Actions><Exec><Command></Command></Exec></Actions>")),
    (
        "bad_value",
        task(
            f'<Principals><Principal id="A"/></Principals>{EXEC.replace("<Actions>", chr(60) + "Actions Context=" + chr(34) + "B" + chr(34) + ">")}'
        ),
    ),
    (
        "bad_value",
        task(
            "<Triggers><BootTrigger><Repetition><Interval>PT30S</Interval></Repetition></BootTrigger></Triggers>" + EXEC
        ),
    ),
    ("missing_node", task("")),
    ("missing_node", task("<Actions/>")),
    ("missing_node", task("<Actions><Exec/></Actions>")),
    ("missing_node", task(f"<Triggers><TimeTrigger/></Triggers>{EXEC}")),
    ("missing_node", task(f"<Settings><DeleteExpiredTaskAfter>PT0S</DeleteExpiredTaskAfter></Settings>{EXEC}")),
    ("not_simulated", task(f"<Triggers><CalendarTrigger/></Triggers>{EXEC}")),
    ("not_simulated", task("<Actions><ComHandler/></Actions>")),
]


@pytest.mark.parametrize(("kind", "text"), REFUSED)
def test_what_is_no_task(kind, text):
    """Each mistake has its kind, and none makes a task."""
    with pytest.raises(TaskXmlError) as caught:
        read(text)
    assert caught.value.kind == kind


def test_the_order_of_elements_does_not_matter():
    """Actions first, triggers last."""
    assert read(task(f"{EXEC}<Settings/><Triggers><BootTrigger/></Triggers>")).triggers == (Trigger(BOOT),)


def test_events_that_never_come_are_accepted():
    """A logon, an event, idleness: real triggers for which a simulated host has no cause."""
    kinds = ("LogonTrigger", "EventTrigger", "IdleTrigger", "SessionStateChangeTrigger")
    found = read(task(f"<Triggers>{''.join(f'<{kind}/>' for kind in kinds)}</Triggers>{EXEC}"))
    assert [trigger.kind for trigger in found.triggers] == list(kinds)
    assert first(found, 0.0, 0) == {}


PLAIN, XML8, XML16, BARE = (
    SPEC,
    '<?xml version="1.0" encoding="UTF-8"?>\r\n' + SPEC,
    '<?xml version="1.0" encoding="UTF-16"?>\r\n' + SPEC,
    '<?xml version="1.0"?>\r\n' + SPEC,
)
UMLAUT = SPEC.replace("rollback", "rückbau")


@pytest.mark.parametrize(
    ("data", "guess"),
    [
        (b"\xff\xfe" + PLAIN.encode("utf-16-le"), {}),
        (b"\xff\xfe" + XML16.encode("utf-16-le"), {}),
        (b"\xff\xfe" + BARE.encode("utf-16-le"), {}),
        (b"\xff\xfe" + UMLAUT.encode("utf-16-le"), {}),
        (PLAIN.encode(), {}),
        (XML8.encode(), {"tasks.utf8_xml": "accepted"}),
        (b"\xef\xbb\xbf" + UMLAUT.encode(), {"tasks.utf8_xml": "accepted"}),
        (BARE.encode(), {"tasks.utf8_xml": "accepted"}),
    ],
)
def test_accepted_encodings(data, guess):
    """UTF-16LE with a mark, ASCII without a declaration, and UTF-8 where a guess says so."""
    guesses = Guesses.from_json(guess)
    assert read(decode(data, guesses)).triggers[0].delay == 240


@pytest.mark.parametrize(
    ("data", "guess"),
    [
        (b"\xff\xfe" + XML8.encode("utf-16-le"), {}),
        (PLAIN.encode("utf-16-le"), {}),
        (b"\xfe\xff" + PLAIN.encode("utf-16-be"), {}),
        (PLAIN.encode(), {"tasks.ascii_xml": "refused"}),
        (XML8.encode(), {}),
        (XML16.encode(), {"tasks.utf8_xml": "accepted"}),
        (BARE.encode(), {}),
        (b"\xef\xbb\xbf" + PLAIN.encode(), {}),
        (UMLAUT.encode(), {"tasks.utf8_xml": "accepted"}),
        (UMLAUT.encode("cp1252"), {}),
        (XML8.replace("rollback", "rückbau").encode("cp1252"), {"tasks.utf8_xml": "accepted"}),
    ],
)
def test_refused_encodings(data, guess):
    """A declaration that lies, UTF-16 without a mark, UTF-8: the XML is malformed."""
    with pytest.raises(TaskXmlError) as caught:
        decode(data, Guesses.from_json(guess))
    assert caught.value.kind == "malformed"


MOMENTS = st.datetimes().filter(lambda each: each.year > 1970).map(lambda each: each.strftime("%Y-%m-%dT%H:%M:%S"))
TEXTS = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc"), exclude_characters="￾￿"), max_size=12)
LENGTHS = st.integers(0, 10**7).map(float)
TRIGGERS = st.builds(
    Trigger,
    st.sampled_from((REGISTRATION, BOOT)),
    st.booleans(),
    st.just("") | MOMENTS,
    MOMENTS,
    LENGTHS,
    LENGTHS,
    st.none() | st.builds(Repetition, st.integers(60, 9999).map(float), st.just(0.0) | st.just(99999.0), st.booleans()),
)
NAMES = TEXTS.filter(str.strip)
DEFINITIONS = st.builds(
    Definition,
    st.lists(TRIGGERS, min_size=1, max_size=3).map(tuple),
    st.lists(st.builds(Action, NAMES, TEXTS, TEXTS), min_size=1, max_size=3).map(tuple),
    st.builds(Principal, st.just("A"), NAMES, st.just(""), st.sampled_from(("", "S4U")), st.booleans()),
    st.builds(
        Settings,
        st.sampled_from(("IgnoreNew", "Parallel", "Queue", "StopExisting")),
        *(st.booleans() for _ in range(5)),
        LENGTHS,
        st.none() | LENGTHS,
        st.booleans(),
        st.integers(0, 10),
    ),
    TEXTS,
    TEXTS,
    st.just("") | MOMENTS,
)


@settings(max_examples=60, deadline=None)
@given(DEFINITIONS)
def test_written_tasks_read_the_same(definition):
    """What `schtasks /query /xml` shows can be registered again."""
    assert read(write(definition, r"\App\x")) == definition


class TestWhen:
    """Moments from triggers."""

    def test_repetitions_skip_what_is_past(self):
        """A task that repeats every two minutes comes next at the next even minute, whatever was missed."""
        trigger = Trigger(TIME, start="1970-01-01T00:00:00", repetition=Repetition(120.0, 600.0))
        assert first(Definition((trigger,), ()), 30.0, 0) == {0: 120.0}
        assert following(trigger, 0.0, 120.0, 120.0, 0) == 240.0
        assert following(trigger, 0.0, 120.0, 500.0, 0) == 600.0
        assert following(trigger, 0.0, 600.0, 600.0, 0) == 0.0

    def test_ends_end(self):
        """After its end boundary a trigger is off, and a task may delete itself."""
        trigger = Trigger(TIME, start="1970-01-01T00:01:00", end="1970-01-01T00:05:00", repetition=Repetition(120.0))
        assert following(trigger, 60.0, 180.0, 200.0, 0) == 300.0
        assert following(trigger, 60.0, 300.0, 300.0, 0) == 0.0
        assert not counts(trigger, 301.0, 0)
        assert not counts(trigger, 59.0, 0)
        definition = Definition((trigger,), (), settings=Settings(delete_after=60.0))
        assert expiry(definition, 0) == 360.0

    def test_once_in_the_past_is_never(self):
        """Start times that have gone by start nothing, `StartWhenAvailable` or not."""
        trigger = Trigger(TIME, start="1970-01-01T00:00:00")
        assert first(Definition((trigger,), (), settings=Settings(when_available=True)), 1.0, 0) == {}
