"""The functions about traffic: what becomes of a conversation, and what a change does (design 2.1).

The engine behind them is imported when one of them is called: most programs call none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from winipsec.host.management import facts, in_force
from winipsec.model.filters import parse_protocol
from winipsec.model.invalid import joined
from winipsec.resources.inspection import checked, policy_guid, snapshot_of
from winipsec.resources.resource import Call
from winipsec.resources.traffic_records import DIFFERENCE_INPUTS, EXPLAIN_INPUTS

if TYPE_CHECKING:
    from winipsec.host.snapshot import Snapshot
    from winipsec.traffic.facts import State

Properties = dict[str, Any]


def explain_traffic(args: Properties, call: Call) -> Properties:
    """Explain one conversation under the policy in force, or under a named one."""
    from winipsec.traffic.explanation import explain
    from winipsec.traffic.properties import explanation_properties
    from winipsec.traffic.question import Question

    inputs = checked(EXPLAIN_INPUTS, args)
    snapshot = snapshot_of(inputs, call)
    question = Question(
        inputs["from"],
        inputs["to"],
        parse_protocol(inputs["protocol"]),
        inputs.get("port", 0),
        inputs.get("localPort", 0),
        inputs.get("remotePort", 0),
        connection=inputs["connectionType"],
    )
    state = _state(snapshot, inputs, "")
    return explanation_properties(explain(state, facts(snapshot.machine), question))


def get_traffic_difference(args: Properties, call: Call) -> Properties:
    """Compare two states of one machine: that of `before`."""
    from winipsec.traffic.difference import difference
    from winipsec.traffic.properties import difference_properties, known_guesses

    inputs = checked(DIFFERENCE_INPUTS, args)
    given = [inputs.get(name, {"unassigned": False}) for name in ("before", "after")]
    snapshots = [snapshot_of(item, call) for item in given]
    host = facts(snapshots[0].machine)
    before, after = (
        _state(snapshot, item, name) for snapshot, item, name in zip(snapshots, given, ("before", "after"), strict=True)
    )
    turned, notes = known_guesses(after, host)
    return difference_properties(difference(before, after, host), before, after, turned=turned, notes=notes)


def _state(snapshot: Snapshot, inputs: Properties, path: str) -> State:
    """What is in force, or would be if the policy of `inputs` were assigned."""
    state = in_force(snapshot)
    if inputs.get("unassigned"):
        return replace(state, assigned=False)
    if "policy" not in inputs:
        return state
    guid = policy_guid(snapshot, inputs["policy"], joined(path, "policy"))
    return replace(state, store=state.store.with_active(guid), assigned=True)
