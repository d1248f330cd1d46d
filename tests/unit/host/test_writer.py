"""The writer: what waits becomes one batch, and success is what the store says (design 3; 2.2, items 4, 6 and 12)."""

import threading

import pytest
from snapshot_text import FOLDER
from winipsec.errors import (
    Ambiguous,
    Conflict,
    HostError,
    InternalError,
    Interrupted,
    Refused,
    TimedOut,
    Unreachable,
    UserError,
)
from winipsec.formats import netsh
from winipsec.host import writer
from winipsec.host.leftovers import Intent, header, read_leftovers
from winipsec.host.snapshot import READ_LINE, Snapshot
from winipsec.model.invalid import Invalid
from winipsec.model.methods import PresharedKey
from winipsec.model.policies import Rule
from writer_desk import RUNNING, STOPPED, Desk, Wants, wait_until

KEY = "k3y-0f-the-t3st"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    """Waiting is short here."""
    for name, seconds in {
        "GATHER": 0.002,
        "LONGEST_GATHER": 0.02,
        "LOOK": 0.004,
        "GRACE": 3.0,
        "PATIENCE": 9.0,
    }.items():
        monkeypatch.setattr(writer, name, seconds)


@pytest.fixture
def desk():
    """A host that takes everything."""
    return Desk()


def held(desk, number=0):
    """Make a remote command wait; returns what lets it go on."""
    go = threading.Event()
    desk.before_run = lambda at: go.wait(10) if at == number else None
    return go


# --- one batch ----------------------------------------------------------------------------------------------------


def test_a_change_is_one_remote_command_that_also_reads_back(desk):
    """The host as read afterwards is the answer."""
    snapshot = desk.apply(Wants("a"))
    assert isinstance(snapshot, Snapshot)
    assert [item.name for item in snapshot.store.policies.values()] == ["a"]
    (run,) = desk.runs
    assert run.adds == ["a"]
    assert run.line.endswith(READ_LINE)
    assert not run.idempotent
    assert desk.looks == 1, "before; what came after was read in the same command"


def test_what_is_true_already_costs_no_write(desk):
    """A look at the host is enough."""
    desk.apply(Wants("a"))
    desk.apply(Wants("a"))
    assert len(desk.runs) == 1


def test_everything_that_waits_goes_in_one_batch(desk):
    """While one batch is under way the next gathers, in the order of arrival (design 3)."""
    go = held(desk)
    first = desk.start(Wants("first"))
    wait_until(lambda: desk.runs)
    rest = desk.start(*(Wants(f"p{number:02}") for number in range(40)))
    go.set()
    assert all(isinstance(each.result(), Snapshot) for each in first + rest)
    assert [run.adds for run in desk.runs] == [["first"], [f"p{number:02}" for number in range(40)]]


def test_changes_are_planned_on_top_of_each_other(desk):
    """A later one may need what an earlier one makes, within one batch."""
    go = held(desk)
    first = desk.start(Wants("first"))
    wait_until(lambda: desk.runs)
    rest = desk.start(Wants("a"), Wants("b", needs="a"), Wants("c", needs="b"))
    go.set()
    assert all(isinstance(each.result(), Snapshot) for each in first + rest)
    assert desk.runs[1].adds == ["a", "b", "c"]


def test_the_file_names_who_wants_what(desk):
    """For the run after one that died (design 2.2, item 4); a key is in no file that stays."""
    rule = Rule("in", "", "", "", auth_methods=(PresharedKey(KEY),))
    secret = netsh.add_rule(rule, policy="P", filter_list="l", filter_action="n")
    with pytest.raises(Refused):
        desk.apply(Wants("b", command=secret))
    opening, keyed = desk.runs[:2]
    (leftover,) = read_leftovers(opening.stdin.decode())
    assert leftover.intent("urn:pulumi:dev::web::t::b", "policy")
    assert KEY not in opening.stdin.decode()
    assert any("***" in line for line in leftover.lines)
    assert KEY in keyed.stdin.decode()
    assert KEY not in "".join(run.line for run in desk.runs)


def test_the_folder_is_closed_once_for_a_connection(desk):
    """Before the first file; again where nobody knows whether that worked."""
    desk.before_run = lambda number: raise_once(number, HostError("broken.", host="web1"))
    with pytest.raises(HostError):
        desk.apply(Wants("a"))
    desk.apply(Wants("a"))
    desk.apply(Wants("b"))
    assert ["icacls" in run.line for run in desk.runs] == [True, True, False]


def raise_once(number, error, at=0):
    """Raise at one remote command."""
    if number == at:
        raise error


def test_a_stopped_service_is_started_by_the_write(desk):
    """On the line that runs the script, once that is there, and while it is stopped only (design 2.2, item 8)."""
    desk.service = STOPPED
    desk.after_run = lambda _: setattr(desk, "service", RUNNING)
    desk.apply(Wants("a"))
    desk.apply(Wants("b"))
    assert [" & net start PolicyAgent & netsh -f " in run.line for run in desk.runs] == [True, False]


def test_a_disabled_service_is_an_error_and_nothing_is_written(desk):
    """It says what to do."""
    desk.service, desk.start_type = STOPPED, 4
    with pytest.raises(HostError) as error:
        desk.apply(Wants("a"))
    assert error.value.code == "service.disabled"
    assert "sc config" in error.value.advice
    assert desk.runs == []


@pytest.mark.parametrize(("timeouts", "expected"), [([None], 60.2), ([5], 5), ([5, 9], 9), ([5, None], 60.4)])
def test_a_batch_may_take_as_long_as_its_most_patient_change(desk, timeouts, expected):
    """The user's own limits, and where one gives none, the connection's with something for each command."""
    go = held(desk)
    first = desk.start(Wants("first"))
    wait_until(lambda: desk.runs)
    rest = [desk.start(Wants(f"p{index}"), timeout=limit)[0] for index, limit in enumerate(timeouts)]
    go.set()
    assert all(isinstance(each.result(), Snapshot) for each in first + rest)
    assert desk.runs[1].timeout == pytest.approx(expected)


# --- trying again -------------------------------------------------------------------------------------------------


def test_what_the_host_did_not_take_is_worded_otherwise(desk):
    """Each try is told its number; those that are done are not tried again."""
    desk.refuses["a"] = 2
    go = held(desk)
    first = desk.start(Wants("first"))
    wait_until(lambda: desk.runs)
    stubborn = Wants("a")
    rest = desk.start(stubborn, Wants("b"))
    go.set()
    assert all(isinstance(each.result(), Snapshot) for each in first + rest)
    assert [run.adds for run in desk.runs] == [["first"], ["a", "b"], ["a"], ["a"]]
    assert stubborn.attempts == [0, 1, 1, 2, 2, 3]
    assert [f"attempt {number}" in desk.runs[number + 1].stdin.decode() for number in range(3)] == [True] * 3


def test_after_three_tries_it_is_refused_with_the_hosts_own_words(desk):
    """What is not as wanted, and the first error that netsh printed, in whatever language."""
    desk.refuses["a"] = 99
    desk.said = "Fehler:\r\n  ERR IPsec[05012] : Die Richtlinie ist kaputt.\r\nERR IPsec[2] : zwei\r\n"
    with pytest.raises(Refused) as error:
        desk.apply(Wants("a"))
    assert len(desk.runs) == 3
    assert error.value.code == "write.not-taken"
    assert "the policy 'a' is not there" in str(error.value)
    assert "ERR IPsec[05012] : Die Richtlinie ist kaputt." in str(error.value)
    assert "zwei" not in str(error.value)


def test_what_netsh_printed_decides_nothing(desk):
    """An error text beside a store that is as wanted is success (design 2.2, item 4)."""
    desk.said = "ERR IPsec[05073] : kaputt\r\n"
    assert isinstance(desk.apply(Wants("a")), Snapshot)


def test_a_torn_answer_is_read_again(desk):
    """Rather than taken for the whole."""
    desk.output_lost = True
    desk.apply(Wants("a"))
    assert desk.looks == 2


@pytest.mark.parametrize("torn", [True, False])
def test_what_somebody_read_before_the_batch_does_not_count_afterwards(desk, torn):
    """Between planning and the batch another thread may read the host; that look must not pass for the one after it."""
    desk.before_run = lambda _: desk.writer._reader.snapshot(cancelled=None)
    if torn:
        desk.output_lost = True
    else:
        error = Ambiguous("the connection broke.", host="web1", may_have_run=True)
        desk.after_run = lambda number: raise_once(number, error)
    after = desk.apply(Wants("a"))
    assert [policy.name for policy in after.store.policies.values()] == ["a"]
    assert len(desk.runs) == 1


@pytest.mark.parametrize("kind", [Ambiguous, TimedOut])
@pytest.mark.parametrize("ran", [True, False])
def test_a_connection_that_broke_is_answered_by_looking(desk, kind, ran):
    """If the host took it, that is success; if not, it is tried again."""
    error = kind("the connection broke.", host="web1", may_have_run=True)
    setattr(desk, "after_run" if ran else "before_run", lambda number: raise_once(number, error))
    assert isinstance(desk.apply(Wants("a")), Snapshot)
    assert len(desk.runs) == (1 if ran else 2)


def test_what_certainly_did_not_run_is_an_error(desk):
    """Nothing to look for."""
    desk.before_run = lambda _: raise_once(0, TimedOut("no turn.", host="web1"))
    with pytest.raises(TimedOut):
        desk.apply(Wants("a"))
    assert len(desk.runs) == 1


# --- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [Unreachable("no answer.", host="web1"), HostError("broken.", host="web1")])
def test_an_error_of_the_host_reaches_everybody_in_the_batch(desk, error):
    """And nobody else: the next batch is a new try."""
    go = held(desk)
    first = desk.start(Wants("first"))
    wait_until(lambda: desk.runs)
    rest = desk.start(*(Wants(f"p{number}") for number in range(5)))
    desk.before_run = lambda number: raise_once(number, error, at=1)
    go.set()
    assert isinstance(first[0].result(), Snapshot)
    assert [each.result() for each in rest] == [error] * 5
    assert isinstance(desk.apply(Wants("p0")), Snapshot)


def test_a_mistake_of_ours_leaves_nobody_waiting(desk):
    """Whoever had the turn shows it; the others are told that it was ours."""
    go = held(desk)
    first = desk.start(Wants("first"))
    wait_until(lambda: desk.runs)
    rest = desk.start(*(Wants(f"p{number}") for number in range(4)))
    desk.before_run = lambda number: raise_once(number, ZeroDivisionError(), at=1)
    go.set()
    assert isinstance(first[0].result(), Snapshot)
    kinds = sorted(type(each.result()).__name__ for each in rest)
    assert kinds == ["InternalError"] * 3 + ["ZeroDivisionError"]
    assert InternalError.__name__ in kinds


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        (Conflict("another machine.", host="web1"), Conflict),
        (Invalid("a range of ports"), UserError),
    ],
)
def test_a_change_that_cannot_be_planned_fails_alone(desk, says, kind):
    """The others of its batch go on."""
    go = held(desk)
    first = desk.start(Wants("first"))
    wait_until(lambda: desk.runs)
    rest = desk.start(Wants("a", says=says), Wants("b"))
    go.set()
    assert isinstance(first[0].result(), Snapshot)
    assert isinstance(rest[0].result(), kind)
    assert isinstance(rest[1].result(), Snapshot)


@pytest.mark.parametrize("says", [Conflict("gone.", host="web1"), Invalid("a range of ports")])
def test_a_change_that_cannot_be_judged_fails_alone(desk, says):
    """Even if it was planned once: what was read back may make it impossible."""

    class Turning(Wants):
        def plan(self, store, snapshot, attempt):
            if attempt:
                raise says
            return super().plan(store, snapshot, attempt)

    go = held(desk)
    first = desk.start(Wants("first"))
    wait_until(lambda: desk.runs)
    rest = desk.start(Turning("a"), Wants("b"))
    go.set()
    assert isinstance(first[0].result(), Snapshot)
    assert isinstance(rest[0].result(), Conflict | UserError)
    assert isinstance(rest[1].result(), Snapshot)


def test_a_command_that_cannot_travel_fails_alone(desk):
    """A key beside text outside ASCII; nothing of that batch was sent before it was noticed."""
    rule = Rule("Größe", "", "", "", auth_methods=(PresharedKey(KEY),))
    secret = netsh.add_rule(rule, policy="P", filter_list="l", filter_action="n")
    go = held(desk)
    first = desk.start(Wants("first"))
    wait_until(lambda: desk.runs)
    rest = desk.start(Wants("a", command=secret), Wants("b"))
    go.set()
    assert isinstance(first[0].result(), Snapshot)
    error = rest[0].result()
    assert isinstance(error, UserError)
    assert KEY not in str(error)
    assert isinstance(rest[1].result(), Snapshot)


# --- tidying up ---------------------------------------------------------------------------------------------------


def test_files_go_when_the_engine_knows_the_outcome(desk):
    """Of every resource that the file speaks of."""
    desk.apply(Wants("a"))
    assert len(desk.files) == 1
    desk.writer.confirm(set())
    desk.writer.confirm({"urn:pulumi:dev::web::t::b"})
    assert len(desk.files) == 1
    desk.writer.confirm({"urn:pulumi:dev::web::t::a"})
    assert desk.files == {}
    assert desk.runs[1].idempotent


def test_files_of_a_dead_run_go_when_its_resources_are_settled(desk):
    """Those that speak of others, or belong to another stack, stay."""
    ours, theirs = "urn:pulumi:dev::web::t::a", "urn:pulumi:prod::web::t::a"
    for batch, urns in (("dead1", [ours]), ("dead2", [ours, theirs])):
        lines = header(batch, [Intent(urn, "policy", "a") for urn in urns])
        desk.files[f"b-{batch}.nsh"] = "".join(f"{line}\r\n" for line in lines)
    desk.apply(Wants("a"))
    desk.writer.confirm({ours})
    assert list(desk.files) == ["b-dead2.nsh"]


def test_before_anything_was_read_there_is_nothing_to_tidy(desk):
    """The folder is not known."""
    desk.writer.confirm({"urn:a"})
    assert desk.runs == []


def test_nothing_is_made_without_its_file(desk):
    """What nobody could prove to be ours is not made; after three tries that is said (design 2.2, item 4)."""
    desk.writable = False
    rule = Rule("in", "", "", "", auth_methods=(PresharedKey(KEY),))
    secret = netsh.add_rule(rule, policy="P", filter_list="l", filter_action="n")
    for change in (Wants("a"), Wants("b", command=secret)):
        desk.runs.clear()
        with pytest.raises(Refused) as error:
            desk.apply(change)
        assert error.value.code == "write.folder"
        assert FOLDER in str(error.value)
        assert ["b-" in run.line for run in desk.runs] == [True, True, True]
        assert all("icacls" in run.line for run in desk.runs), "the folder may be what is missing"


def test_a_cancelled_change_is_not_made(desk):
    """Nothing is sent."""
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Interrupted):
        desk.apply(Wants("a"), cancelled)
    assert desk.runs == []
    assert desk.waiting == 0
