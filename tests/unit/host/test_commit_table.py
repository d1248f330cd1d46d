"""The table of the confirmed commit: every state with every event, and what its four rules promise (design 5)."""

import re
from collections import deque

import pytest
from winipsec.host.commit_table import FINAL, TRANSITIONS, Event, State, diagram

# What follows, state by state; what is not here cannot come about there. Read off the rules, not off the code.
FOLLOWS = {
    "planned": {"OPEN": "arming", "CLOSES": "refused", "TAKEN": "refused"},
    "arming": {
        "DONE": "armed",
        "FAILED": "unarmed",
        "TAKEN": "unarmed",
        "SILENT": "unarmed",
        "STOPPED": "unarmed",
    },
    "armed": {
        "DONE": "confirming",
        "FAILED": "disarming",
        "DIFFERS": "reverting",
        "SILENT": "waiting",
        "STOPPED": "left",
    },
    "confirming": {
        "DONE": "confirmed",
        "FIRED": "waiting",
        "RESTORED": "reverted",
        "SILENT": "confirming",
        "OVERDUE": "waiting",
        "STOPPED": "left",
    },
    "disarming": {
        "DONE": "disarmed",
        "FIRED": "waiting",
        "RESTORED": "reverted",
        "SILENT": "left",
        "STOPPED": "left",
    },
    "reverting": {
        "FIRED": "waiting",
        "RESTORED": "reverted",
        "GONE": "left",
        "SILENT": "waiting",
        "STOPPED": "left",
    },
    "waiting": {
        "DONE": "confirmed",
        "FIRED": "waiting",
        "RESTORED": "reverted",
        "HOLDS": "armed",
        "GONE": "left",
        "SILENT": "waiting",
        "OVERDUE": "left",
        "STOPPED": "left",
    },
}
ENDS = {"refused", "unarmed", "disarmed", "confirmed", "reverted", "left"}
STEPS = [(state, event, after) for state, follows in TRANSITIONS.items() for event, after in follows.items()]


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", State)
def test_every_state_with_every_event(state, event):
    """What follows is what the rules say, and where they say nothing, nothing follows."""
    after = TRANSITIONS.get(state, {}).get(event)
    assert (after.value if after else None) == FOLLOWS.get(state.value, {}).get(event.name)


def test_final_states_are_those_that_nothing_follows():
    """A commit ends in one of six ways, and an end is an end."""
    assert {state.value for state in FINAL} == ENDS
    assert {state for state in State if state not in TRANSITIONS} == FINAL


def reached(state, *, without=frozenset()):
    """Every state that a commit can come to."""
    found, left = {state}, deque([state])
    while left:
        for event, after in TRANSITIONS.get(left.popleft(), {}).items():
            if after not in found and event not in without:
                found.add(after)
                left.append(after)
    return found


def test_every_state_can_be_reached():
    """No row of the table is dead."""
    assert reached(State.PLANNED) == set(State)


@pytest.mark.parametrize("state", [state for state in State if state not in FINAL])
def test_every_commit_can_end(state):
    """From everywhere some end can be reached."""
    assert reached(state) & FINAL


def test_nothing_is_applied_unless_the_task_is_there():
    """Rule 1: the only way to a change that holds leads through the armed state, which the host has to have confirmed."""
    assert [(state, event) for state, event, after in STEPS if after is State.ARMED and state is State.ARMING] == [
        (State.ARMING, Event.DONE)
    ]
    past_arming = {State.ARMED, State.CONFIRMING, State.WAITING, State.REVERTING, State.DISARMING, State.CONFIRMED}
    assert {state for state, _, after in STEPS if after in past_arming and state not in past_arming} == {State.ARMING}


def test_a_change_holds_only_when_the_host_says_so():
    """Rule 2: silence, time and cancellation never confirm anything."""
    assert {event for _, event, after in STEPS if after is State.CONFIRMED} == {Event.DONE}
    assert {state for state, _, after in STEPS if after is State.CONFIRMED} == {State.CONFIRMING, State.WAITING}


def test_the_host_is_old_again_only_when_it_says_so():
    """Nobody is told that a change was taken back unless it was."""
    assert {event for _, event, after in STEPS if after is State.REVERTED} == {Event.RESTORED}


def test_what_differs_is_taken_back():
    """Rule 3: from there no way leads to a confirmed change but over a new try of the same commit."""
    assert TRANSITIONS[State.ARMED][Event.DIFFERS] is State.REVERTING
    assert State.CONFIRMED not in TRANSITIONS[State.REVERTING].values()


def test_silence_makes_nobody_act():
    """Rule 4: after an answer that did not come we wait, or ask the same again, or give up."""
    after_silence = {after for _, event, after in STEPS if event is Event.SILENT}
    assert after_silence == {State.WAITING, State.CONFIRMING, State.LEFT, State.UNARMED}


def test_the_run_may_end_wherever_the_host_was_asked():
    """A cancelled run leaves an unarmed host, or one that takes the change back by itself."""
    assert {state: after for state, event, after in STEPS if event is Event.STOPPED} == {
        State.ARMING: State.UNARMED,
        **dict.fromkeys([s for s in State if s not in FINAL | {State.PLANNED, State.ARMING}], State.LEFT),
    }


def test_the_diagram_shows_the_table():
    """Mermaid's notation, one arrow per step, a beginning and six ends."""
    first, *lines = diagram().splitlines()
    assert first == "stateDiagram-v2"
    arrows = [re.fullmatch(r"    (\S+) --> (\w+|\[\*\])(?:: (.+))?", line).groups() for line in lines]
    wanted = [("[*]", "planned", None)]
    wanted += [
        (state, FOLLOWS[state][event.name], event.value)
        for state in FOLLOWS
        for event in Event
        if event.name in FOLLOWS[state]
    ]
    wanted += [(state, "[*]", None) for state in ENDS]
    assert sorted(map(str, arrows)) == sorted(map(str, wanted))
    assert diagram().endswith("\n")
