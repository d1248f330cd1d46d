"""The confirmed commit as a table: what may follow what (design 5; spec: winrm 5).

Theory. A change to the policy in force may cut off whoever made it. So before it, the host gets a task that will take
it back, by itself and after a reboot too; and only a *new* connection, made after the change, takes that task away. The
two sides race by renaming one file: whoever renames it first has won, and the other finds out. Four rules follow.

1. Nothing is applied unless the task is known to be there.
2. What was applied and is as wanted is confirmed over a new connection, or not at all.
3. What was applied and is not as wanted is taken back at once, by the same script that the task would run.
4. Whenever the host falls silent we wait, and do nothing that could race the task: in the end it is in its old state, or
   it answers and says that the change is still waiting to be confirmed.

The table knows nothing of time and messages: `commit` asks the host, and says what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class State(Enum):
    """How far a change has come. The value is what people read in diagrams and logs."""

    PLANNED = "planned"
    ARMING = "arming"  # the snapshot and the task are being made
    ARMED = "armed"  # the host will take back whatever comes now
    CONFIRMING = "confirming"  # applied and as wanted; new connections are tried
    DISARMING = "disarming"  # nothing was applied; the task is being removed
    REVERTING = "reverting"  # not as wanted; we have told the host to take it back
    WAITING = "waiting"  # the host is silent, or is taking it back

    REFUSED = "refused"  # final: nothing was asked of the host
    UNARMED = "unarmed"  # final: the host could not be armed, so nothing was changed
    DISARMED = "disarmed"  # final: nothing was changed
    CONFIRMED = "confirmed"  # final: the change holds
    REVERTED = "reverted"  # final: the host is as it was
    LEFT = "left"  # final: not known; the host takes it back by itself, if it has not done so


class Event(Enum):
    """What came of the last step."""

    OPEN = "nothing else is pending, and the way in stays open or comes back"
    CLOSES = "the way in would close, and nothing would bring it back"
    TAKEN = "another change is pending"
    DONE = "the host did what was asked"
    FAILED = "the host did not, and nothing was changed"
    DIFFERS = "the store is not as wanted"
    FIRED = "the host is taking it back, or has done so"
    RESTORED = "the host has taken it back"
    GONE = "nothing of it is left on the host, and we have not confirmed it"
    HOLDS = "the host answers, and has not taken it back"
    SILENT = "no answer"
    OVERDUE = "time is up"
    STOPPED = "the run was cancelled, or gave up"


FINAL = frozenset({State.REFUSED, State.UNARMED, State.DISARMED, State.CONFIRMED, State.REVERTED, State.LEFT})

_S, _E = State, Event

TRANSITIONS: Mapping[State, Mapping[Event, State]] = {
    _S.PLANNED: {_E.OPEN: _S.ARMING, _E.CLOSES: _S.REFUSED, _E.TAKEN: _S.REFUSED},
    _S.ARMING: {
        _E.DONE: _S.ARMED,
        _E.FAILED: _S.UNARMED,
        _E.TAKEN: _S.UNARMED,  # two armed at once: neither goes on
        _E.SILENT: _S.UNARMED,  # the task may be there; it brings back what is there, and we remove it when we can
        _E.STOPPED: _S.UNARMED,
    },
    _S.ARMED: {
        _E.DONE: _S.CONFIRMING,
        _E.FAILED: _S.DISARMING,
        _E.DIFFERS: _S.REVERTING,
        _E.SILENT: _S.WAITING,
        _E.STOPPED: _S.LEFT,
    },
    _S.CONFIRMING: {
        _E.DONE: _S.CONFIRMED,
        _E.FIRED: _S.WAITING,
        _E.RESTORED: _S.REVERTED,
        _E.SILENT: _S.CONFIRMING,
        _E.OVERDUE: _S.WAITING,
        _E.STOPPED: _S.LEFT,
    },
    _S.DISARMING: {
        _E.DONE: _S.DISARMED,
        _E.FIRED: _S.WAITING,
        _E.RESTORED: _S.REVERTED,
        _E.SILENT: _S.LEFT,
        _E.STOPPED: _S.LEFT,
    },
    _S.REVERTING: {
        _E.FIRED: _S.WAITING,
        _E.RESTORED: _S.REVERTED,
        _E.GONE: _S.LEFT,
        _E.SILENT: _S.WAITING,
        _E.STOPPED: _S.LEFT,
    },
    _S.WAITING: {
        _E.DONE: _S.CONFIRMED,  # it was confirmed, and only the answer got lost
        _E.FIRED: _S.WAITING,
        _E.RESTORED: _S.REVERTED,
        _E.HOLDS: _S.ARMED,
        _E.GONE: _S.LEFT,  # another run, or a person, ended it in its own way
        _E.SILENT: _S.WAITING,
        _E.OVERDUE: _S.LEFT,
        _E.STOPPED: _S.LEFT,
    },
}


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", "    [*] --> planned"]
    for state, follows in TRANSITIONS.items():
        lines += [f"    {state.value} --> {after.value}: {event.value}" for event, after in follows.items()]
    lines += [f"    {state.value} --> [*]" for state in State if state in FINAL]
    return "\n".join(lines) + "\n"
