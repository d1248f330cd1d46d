"""Every fault of the wire at every message of every operation: done or a declared error, and a plain rerun ends it."""

import pytest
from crash_cells import Cell, chosen, record, wire_cells
from crash_checks import assert_converged, assert_declared
from crash_runs import NOTHING_HAPPENED, begin, converge, finish, update
from crash_scene import Look
from winipsec_lab.testing import FAULT_KINDS, Fault

CELLS = chosen(wire_cells(FAULT_KINDS), 34)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_the_rerun_ends_what_a_fault_interrupted(request, scene, prepared, plugin, cell: Cell):
    """What is said to have happened has happened; after the rerun there is one object of each name, never two."""
    deed, state = cell.deed, prepared(cell.deed)
    before = Look.at(scene.host)
    begin(plugin, scene.host)
    number = scene.host.messages + cell.message
    scene.host.faults.add(Fault(cell.fault, when=lambda message: message.number == number, seconds=0.3))
    update(plugin, deed, state)
    finish(plugin)
    scene.host.faults.clear()
    outcome = "done"
    after = Look.at(scene.host)
    for case in deed.cases:
        failed = state.failures.get(plugin.urn(case.kind, case.name))
        if failed is None:
            assert case.look(after) == case.wanted(deed.verb), "called done, and is not"
            continue
        assert_declared(scene, failed)
        outcome = failed.code.name
        if failed.code.name in NOTHING_HAPPENED:
            assert case.look(after) == case.look(before), f"called {outcome}, but something happened"
        elif deed.verb == "create" and failed.detail is None:
            assert "not known" in failed.text, "something may exist, and the text does not say so"
    record(request, cell, outcome)
    state.failures.clear()
    begin(plugin, scene.host)
    converge(plugin, deed, state, refresh=outcome == "done")
    finish(plugin)
    assert_converged(scene, deed)
