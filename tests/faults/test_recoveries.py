"""What a run that died has left waiting to be confirmed, and what may happen before that is at its end."""

import contextlib

import pytest
from crash_cells import few, messages, written
from crash_checks import Aftermath, assert_converged
from crash_deeds import HOST_POLICY_CASE, Deed
from crash_runs import Death, at_message, begin, converge, die, finish, only_failure, run, update
from crash_scene import Look, come_to_rest
from records import StepFailed

CREATED, CHANGED = (Deed(verb, (HOST_POLICY_CASE,), "HostPolicy") for verb in ("create", "change"))


@pytest.mark.parametrize("how", ["unsent", "unanswered"])
@pytest.mark.parametrize("message", few(range(1, messages(CHANGED) + 7), 3))
def test_a_run_dies_while_it_takes_back_what_a_dead_one_left(scene, prepared, message, how):
    """Taking back may be broken off anywhere, too: the next run goes on with it."""
    record = prepared(CHANGED)
    before, dump = Look.at(scene.host), scene.host.dump()
    die(scene.host, CHANGED, record, written(CHANGED), "unanswered")
    assert scene.pending()
    with run(scene.host) as second:
        death = Death(scene.host, second, message, how)
        with contextlib.suppress(StepFailed):
            converge(second.engine, CHANGED, record)
        assert death.struck.wait(20)
    come_to_rest(scene.host)
    aftermath = Aftermath.of(scene, CHANGED, before)
    assert aftermath.pending or scene.host.dump() == dump or aftermath.new
    record.failures.clear()
    with run(scene.host) as third:
        converge(third.engine, CHANGED, record)
        third.end()
    assert_converged(scene, CHANGED)


def test_the_host_restarts_after_the_run_has_died(scene, prepared):
    """It goes back to what it was, to the byte, as soon as it is up again."""
    record = prepared(CHANGED)
    dump = scene.host.dump()
    die(scene.host, CHANGED, record, written(CHANGED), "unanswered")
    assert scene.host.dump() != dump
    scene.host.reboot()
    scene.pass_time(1)
    assert scene.host.dump() == dump
    with run(scene.host) as second:
        converge(second.engine, CHANGED, record)
        second.end()
    assert_converged(scene, CHANGED)


@pytest.mark.parametrize("deed", [CREATED, CHANGED], ids=str)
def test_the_host_is_down_for_a_while_once_it_has_changed(scene, prepared, plugin, deed):
    """The run waits for it, says that the change was taken back, and leaves nothing there."""
    record = prepared(deed)
    dump = scene.host.dump()
    begin(plugin, scene.host)
    at_message(scene.host, written(deed) + 1, lambda: scene.host.reboot(down=1.5))
    update(plugin, deed, record)
    finish(plugin)
    failed = only_failure(record)
    assert failed.code.name == "ABORTED"
    assert "taken back" in failed.text
    assert scene.host.dump() == dump
    scene.assert_nothing_waits()
    record.failures.clear()
    begin(plugin, scene.host)
    converge(plugin, deed, record)
    finish(plugin)
    assert_converged(scene, deed)


def test_the_next_run_is_of_another_resource(scene, prepared):
    """Of the same program: a stack has one run at a time, so nobody waits any more; the change is taken back first."""
    record = prepared(CREATED)
    dump = scene.host.dump()
    die(scene.host, CREATED, record, written(CREATED), "unanswered")
    with run(scene.host) as second:
        state = second.engine.up("winipsec:index:FilterAction", "next", {"action": "block"})
        second.engine.destroy(state)
        second.end()
    assert scene.host.dump() == dump
    scene.assert_nothing_waits()
