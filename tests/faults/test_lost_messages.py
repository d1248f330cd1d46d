"""Every fault of the wire at every message of every operation: done or a declared error, and a plain rerun ends it."""

import pytest
from crash_cells import Cell, chosen, wire_cells
from crash_checks import Aftermath, assert_converged, assert_declared, let_time_pass
from crash_runs import NOTHING_HAPPENED, begin, converge, finish, update
from crash_scene import Look
from crash_table import record
from winipsec_lab.testing import Fault

CELLS = chosen(wire_cells(), 32)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_the_rerun_ends_what_a_fault_interrupted(request, scene, prepared, plugin, cell: Cell):
    """What is said to have happened has happened; after the rerun there is one object of each name, never two."""
    record(request, cell, "!")
    deed, state = cell.deed, prepared(cell.deed)
    before, dump = Look.at(scene.host), scene.host.dump()
    begin(plugin, scene.host)
    number = scene.host.messages + cell.message
    scene.host.faults.add(Fault(cell.fault, when=lambda message: message.number == number, seconds=0.3))
    update(plugin, deed, state)
    finish(plugin)
    scene.host.faults.clear()
    aftermath = Aftermath.of(scene, deed, before)
    for case in deed.cases:
        failed = state.failures.get(plugin.urn(case.kind, case.name))
        if failed is None:
            assert case.name in aftermath.new, "called done, and is not"
            continue
        assert_declared(scene, failed)
        if failed.code.name in NOTHING_HAPPENED:
            after = case.look(Look.at(scene.host))
            assert after == case.look(before), f"called {failed.code.name}, but something happened"
        elif deed.verb == "create" and failed.detail is None:
            assert "not known" in failed.text, "something may exist, and the text does not say so"
    record(request, cell, aftermath.symbol(deed, failed=bool(state.failures)))
    if cell.time_passes:
        let_time_pass(scene, deed, aftermath, dump)
    answered = len(state.failures) < len(deed.cases)
    state.failures.clear()
    begin(plugin, scene.host)
    converge(plugin, deed, state, refresh=answered)
    finish(plugin)
    assert_converged(scene, deed)
