"""The table of the life cycle: complete, and never wrong about what may have run."""

import pytest
from winipsec.host.fault_codes import Meaning
from winipsec.host.life_cycle import FINAL, MEANT, TRANSITIONS, Event, State

# What can come of any message at all; FED and FINISHED belong to the states that send stdin and wait for output.
ALWAYS = {
    Event.ACCEPTED,
    Event.QUIET,
    Event.BUSY,
    Event.GONE,
    Event.QUOTA,
    Event.SMALLER,
    Event.REFUSED,
    Event.LOST,
    Event.BROKEN,
}
SENDING = set(State) - FINAL
BEFORE_COMMAND = {State.OPENING}
CERTAINLY_NOT_RUN = {State.NOT_RUN, State.FAILED}


@pytest.mark.parametrize("state", sorted(SENDING, key=lambda s: s.name))
def test_every_state_has_a_rule_for_every_event(state):
    """A message that is on its way can end in each of these ways."""
    assert set(TRANSITIONS[state]) >= ALWAYS


def test_final_states_have_no_rules():
    """They are where it ends."""
    assert set(TRANSITIONS) == SENDING


def test_special_events_belong_to_their_states():
    """Stdin ends while feeding, commands end while waiting or asking, and tidying up cannot be stopped."""
    having = {event: {s for s in SENDING if event in TRANSITIONS[s]} for event in Event}
    assert having[Event.FED] == {State.FEEDING}
    assert having[Event.FINISHED] == {State.WAITING, State.ASKING}
    assert having[Event.STOP] == SENDING - {State.FENCING, State.KILLING, State.FREEING}


def test_every_state_can_be_reached_and_left():
    """From opening to every state, and from every state to an end."""
    reached, waiting = set(), [State.OPENING]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += TRANSITIONS.get(state, {}).values()
    assert reached == set(State)
    ending = set(FINAL)
    for _ in State:
        ending |= {s for s in SENDING if set(TRANSITIONS[s].values()) & ending}
    assert ending == set(State)


def test_accepted_command_is_never_said_not_to_have_run():
    """Once the host took the Command, no path but a fence leads to `NOT_RUN` or `FAILED`."""
    for state in (State.FEEDING, State.WAITING, State.ASKING, State.FREEING, State.KILLING):
        assert not set(TRANSITIONS[state].values()) & CERTAINLY_NOT_RUN, state


def test_lost_command_is_not_repeated_without_a_fence():
    """A broken connection or a time-out after Command leads to asking, and from there only a fence clears it.

    The fence holds only if the shell was still there: one that is gone may have taken the command with it.
    """
    assert TRANSITIONS[State.STARTING][Event.LOST] is State.ASKING
    assert TRANSITIONS[State.STARTING][Event.QUIET] is State.ASKING
    cleared = [event for event, after in TRANSITIONS[State.ASKING].items() if after is State.FENCING]
    assert cleared == [Event.GONE]
    fenced = {event for event, after in TRANSITIONS[State.FENCING].items() if after is State.NOT_RUN}
    assert fenced == {Event.ACCEPTED}


def test_lost_stdin_is_never_sent_again():
    """The same piece twice would be another input."""
    assert TRANSITIONS[State.FEEDING][Event.LOST] is State.UNKNOWN


def test_tidying_up_never_changes_the_outcome():
    """Whatever comes of the last Signal."""
    assert set(TRANSITIONS[State.FREEING].values()) == {State.COMPLETED}
    assert set(TRANSITIONS[State.KILLING].values()) == {State.STOPPED}


def test_every_meaning_is_an_event():
    """No fault is without consequence."""
    assert set(MEANT) == set(Meaning)
