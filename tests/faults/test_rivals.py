"""Others on the same host: who made an object of the wanted name after a run died, and who has a program like ours."""

import itertools

import pytest
from crash_cells import ARM, READ, few, written
from crash_deeds import ASSIGNMENT_CASE, CASES, HOST_POLICY_CASE, POLICY_CASE, Deed
from crash_runs import converge, die, run, update
from crash_scene import IDLE_TIMEOUT, Look, active, console
from records import StepFailed

RIVALED = [*(case for case in CASES if case.rival), HOST_POLICY_CASE]
EARLY = [(1, "unsent"), (1, "unanswered"), (2, "unsent")]
"""Deaths before the host had anything to run: of the command that waits for its input, and of the input itself."""
ASSIGNED = Deed("create", (ASSIGNMENT_CASE,), "PolicyAssignment")
ARMING, APPLIED, CONFIRMED = READ + 2, written(ASSIGNED), written(ASSIGNED) + 3
"""Messages of an assignment: that after which the host can take it back, that which makes it, that which confirms it."""


def creation(case):
    """The deed that creates one object."""
    return Deed("create", (case,), case.kind.rpartition(":")[2])


@pytest.mark.parametrize(("case", "death"), few(list(itertools.product(RIVALED, EARLY)), 7), ids=str)
def test_what_somebody_else_made_meanwhile_is_refused(scene, prepared, case, death):
    """The dead run announced an object of that name; the one that is there now is another one."""
    deed = creation(case)
    record = prepared(deed)
    message, how = death
    die(scene.host, deed, record, READ + (ARM if deed.commits else 0) + message, how)
    console(scene.host, case.rival)
    theirs = case.look(Look.at(scene.host))
    assert theirs not in (case.made, case.gone)
    with run(scene.host) as later:
        with pytest.raises(StepFailed, match="exists already") as refused:
            converge(later.engine, deed, record)
        assert refused.value.code.name == "FAILED_PRECONDITION"
        assert "import" in refused.value.text
        assert refused.value.detail is None
        update(later.engine, deed, record)  # without a preview it is the same
        (failed,) = record.failures.values()
        assert failed.code.name == "FAILED_PRECONDITION"
        later.end()
    assert case.look(Look.at(scene.host)) == theirs
    scene.assert_foreign_untouched(filters_of=case.filters_of)
    scene.assert_left_nothing()


@pytest.mark.parametrize(("case", "stack"), few(list(itertools.product(RIVALED, ["prod", "dev"])), 5), ids=str)
def test_what_a_dead_run_made_is_not_for_another_program(scene, prepared, case, stack):
    """The same inputs under another URN: of another stack, or of another resource of the same stack."""
    deed = creation(case)
    record = prepared(deed)
    die(scene.host, deed, record, written(deed) + (3 if deed.commits else 0), "unanswered")
    with run(scene.host, stack=stack) as other:
        kind = case.kind
        with pytest.raises(StepFailed, match="exists already"):
            other.engine.up(kind, f"{case.name}-2", case.before)
        other.end()
    assert case.look(Look.at(scene.host)) == case.made
    assert scene.files(), "the proof of the first program is gone"
    with run(scene.host) as rightful:
        converge(rightful.engine, deed, record)
        rightful.end()
    assert case.look(Look.at(scene.host)) == case.made
    scene.assert_foreign_untouched(filters_of=case.filters_of, active_changes=deed.commits)
    scene.assert_left_nothing()


def test_what_a_dead_run_made_may_be_imported_by_another_program(scene, prepared):
    """Import is the way to take over; the first program then finds that its object is somebody else's."""
    case = CASES[0]
    record = prepared(creation(case))
    die(scene.host, creation(case), record, 6, "unanswered")
    with run(scene.host, stack="prod") as other:
        assert other.engine.import_(case.kind, "taken", "udp-1434") is not None
        other.end()
    assert case.look(Look.at(scene.host)) == case.made


@pytest.mark.parametrize("message", [ARMING, APPLIED, CONFIRMED])
def test_the_policy_before_survives_a_death(scene, prepared, message):
    """The dead run assigned, and somebody had assigned another policy before: that one comes back in the end."""
    record = prepared(ASSIGNED)
    die(scene.host, ASSIGNED, record, message, "unanswered")
    assert assigned_and_destroyed(scene, record) == ASSIGNMENT_CASE.gone
    scene.assert_left_nothing()


@pytest.mark.parametrize("message", [ARMING, CONFIRMED])
def test_the_policy_that_somebody_assigned_meanwhile_is_the_one_before(scene, prepared, message):
    """After the death somebody assigned a third policy; destroying brings back that one, not the older one."""
    record = prepared(ASSIGNED)
    die(scene.host, ASSIGNED, record, message, "unanswered")
    console(scene.host, 'set policy name="Maintenance" assign=yes')
    assert assigned_and_destroyed(scene, record) == ["Maintenance"]
    scene.assert_left_nothing()


def test_what_somebody_assigns_while_a_change_waits_is_taken_back_with_it(scene, prepared):
    """A host goes back to the store as it was before the change: that is all that the dead run left it."""
    record = prepared(ASSIGNED)
    die(scene.host, ASSIGNED, record, APPLIED, "unanswered")
    console(scene.host, 'set policy name="Maintenance" assign=yes')
    assert assigned_and_destroyed(scene, record) == ASSIGNMENT_CASE.gone
    scene.assert_left_nothing()


def assigned_and_destroyed(scene, record):
    """What is active once the next run has assigned and destroyed."""
    with run(scene.host) as second:
        converge(second.engine, ASSIGNED, record)
        (state,) = record.states.values()
        second.engine.destroy(state)
        second.end()
    return active(Look.at(scene.host))


def test_a_change_of_the_program_after_a_death_is_made(scene, prepared):
    """The program was edited before the next run: what the dead run made is taken over and brought to the new text."""
    case = CASES[0]
    record = prepared(creation(case))
    die(scene.host, creation(case), record, 6, "unanswered")
    with run(scene.host) as second:
        converge(second.engine, Deed("change", (case,), "FilterList"), record)
        second.end()
    assert case.look(Look.at(scene.host)) == case.changed
    assert scene.made() == case.objects
    scene.assert_left_nothing()


def test_two_deaths_in_a_row(scene, prepared):
    """Each of them left a file of its own; the third run needs only one to prove what is ours, and removes both."""
    case = CASES[0]
    record = prepared(creation(case))
    die(scene.host, creation(case), record, 5, "unanswered")
    die(scene.host, creation(case), record, 6, "unanswered")
    with run(scene.host) as third:
        converge(third.engine, creation(case), record)
        third.end()
    assert case.look(Look.at(scene.host)) == case.made
    scene.assert_left_nothing()


def test_what_a_host_stores_in_its_own_way_is_still_ours(scene, prepared):
    """A host that takes minutes for seconds stores another interval than it was told; the file proves it all the same."""
    case = POLICY_CASE
    record = prepared(creation(case))
    scene.host.machine.guesses.set("netsh.polling_unit", "seconds")
    die(scene.host, creation(case), record, 6, "unanswered")
    with run(scene.host) as second:
        converge(second.engine, creation(case), record)
        second.end()
    assert case.look(Look.at(scene.host)) == case.made
    scene.assert_left_nothing()


def test_a_file_of_a_run_that_got_nowhere_goes_with_the_next_one(scene, prepared):
    """It is empty and proves nothing; its shell kept it open for a while after the next run."""
    case = CASES[0]
    record = prepared(creation(case))
    die(scene.host, creation(case), record, 5, "unanswered")
    scene.host.machine.clock.advance(IDLE_TIMEOUT + 1)
    assert scene.host.shells == 0
    assert list(scene.files().values()) == [b""]
    with run(scene.host) as second:
        converge(second.engine, creation(case), record)
        second.end()
    scene.assert_left_nothing()
