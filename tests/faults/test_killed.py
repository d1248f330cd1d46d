"""A plugin process dies at any message of any operation, and the next `pulumi up` brings everything to its end."""

import contextlib
import signal

import pytest
from crash_cells import CLOSE, INTERRUPTIONS, Cell, chosen, exact, few, kill_cells, messages
from crash_checks import Aftermath, assert_converged, let_time_pass
from crash_deeds import DEEDS
from crash_runs import Death, begin, converge, finish, run, update
from crash_scene import Look, come_to_rest
from crash_table import record
from records import StepFailed

CELLS = chosen(kill_cells(), 22)


@pytest.mark.parametrize("deed", few(DEEDS, 8), ids=str)
def test_nothing_goes_wrong(scene, prepared, deed):
    """Each deed by itself takes the messages that the cells count, and leaves nothing behind."""
    state = prepared(deed)
    with run(scene.host) as calm:
        before = scene.host.messages
        update(calm.engine, deed, state)
        assert not state.failures
        taken = scene.host.messages - before
        errors = calm.end()
    assert taken == messages(deed) or (not exact(deed) and taken > messages(deed))
    assert scene.host.messages - before == taken + CLOSE
    assert not errors
    assert_converged(scene, deed)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_the_next_run_ends_what_a_dead_one_began(request, scene, prepared, plugin, cell: Cell):
    """The engine knows only what it heard; the host may have got any part of it."""
    record(request, cell, "!")
    deed, state = cell.deed, prepared(cell.deed)
    before, dump = Look.at(scene.host), scene.host.dump()
    with run(scene.host) as dying:
        death = Death(scene.host, dying, cell.message, cell.fault)
        update(dying.engine, deed, state)
        if not state.failures:
            # All is done, so the process dies, or has just been told to end, while it tidies up.
            with contextlib.suppress(StepFailed):
                dying.engine.cancel()
            dying.process.send_signal(signal.SIGINT)
        assert death.struck.wait(20)
        if cell.fault in INTERRUPTIONS:
            dying.interrupt() if cell.fault == "cancel" else dying.wait()
            assert scene.host.shells == 0, "a process that may tidy up left its shell"
    come_to_rest(scene.host)
    aftermath = Aftermath.of(scene, deed, before)
    record(request, cell, aftermath.symbol(deed, failed=bool(state.failures)))
    if cell.time_passes:
        let_time_pass(scene, deed, aftermath, dump)
    answered = len(state.failures) < len(deed.cases)
    state.failures.clear()
    begin(plugin, scene.host)
    converge(plugin, deed, state, refresh=answered)
    if answered and deed.verb == "delete":
        # The engine has nothing more to ask of this host: what was left goes with whatever is done there next.
        plugin.destroy(plugin.up("winipsec:index:FilterAction", "next", {"action": "block"}))
    finish(plugin)
    assert_converged(scene, deed)
