"""The life cycle of one command in a WinRS shell, as a table. spec: winrm 1.3 to 1.9, 3.5.

Theory. At any moment one message is on its way, and the state says which. What comes back, or fails to, is an event;
`TRANSITIONS` says for every state and event what to do next. The hard question is always the same: *may the command
have run?* Four rules answer it.

1. A fault in reply to Command means that it did not start. Trying again in a new shell is safe.
2. A connection that breaks after Command leaves it open. Command carries an id of our own choosing; a host that honours
   it (WinRM 3 does, spec 1.4) can be asked for the output of that id. If it knows the id, we simply go on.
3. If it does not know the id, the message may still be in the network. Deleting the shell fences it off: a Command that
   arrives later finds no shell. Only if that Delete succeeds the command is known not to have run: had the shell been
   gone already (a reboot, say), it could have taken the command with it.
4. In all other cases nobody knows. A command that its caller calls idempotent is run again, any other is an error.

The table knows nothing of time, messages and retries: `shell` sends, `connection` decides what follows from a final
state.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from winipsec.host.fault_codes import Meaning


class State(Enum):
    """Which message is on its way, or how it ended."""

    OPENING = auto()  # Create
    STARTING = auto()  # Command
    ASKING = auto()  # Receive, to learn whether a lost Command has run
    FENCING = auto()  # Delete, so that a lost Command cannot run any more
    FEEDING = auto()  # Send, once for every piece of stdin
    WAITING = auto()  # Receive, until the command is done
    KILLING = auto()  # Signal, over a connection of its own
    FREEING = auto()  # Signal, after the command is done

    COMPLETED = auto()  # final: the exit code is known
    NOT_RUN = auto()  # final: it did not run, trying again is safe
    UNKNOWN = auto()  # final: it may have run
    FAILED = auto()  # final: it did not run, trying again is useless
    STOPPED = auto()  # final: deadline or cancellation


class Event(Enum):
    """What came of the message."""

    ACCEPTED = auto()  # the reply that belongs to the message
    FED = auto()  # no piece of stdin is left
    FINISHED = auto()  # the command is done
    QUIET = auto()  # fault: nothing to report in time
    BUSY = auto()  # fault: not now
    GONE = auto()  # fault: no such shell or command
    QUOTA = auto()  # fault: no room
    SMALLER = auto()  # fault: promise smaller replies
    REFUSED = auto()  # any other fault
    LOST = auto()  # the connection broke after the message was sent
    BROKEN = auto()  # no connection comes about, or it broke too often
    STOP = auto()  # deadline or cancellation, before the message was sent


FINAL = frozenset({State.COMPLETED, State.NOT_RUN, State.UNKNOWN, State.FAILED, State.STOPPED})

_S, _E = State, Event

TRANSITIONS: Mapping[State, Mapping[Event, State]] = {
    State.OPENING: {
        _E.ACCEPTED: _S.STARTING,
        _E.QUIET: _S.NOT_RUN,
        _E.BUSY: _S.NOT_RUN,
        _E.GONE: _S.NOT_RUN,
        _E.QUOTA: _S.NOT_RUN,
        _E.SMALLER: _S.OPENING,
        _E.REFUSED: _S.FAILED,
        _E.LOST: _S.NOT_RUN,
        _E.BROKEN: _S.FAILED,
        _E.STOP: _S.STOPPED,
    },
    State.STARTING: {
        _E.ACCEPTED: _S.FEEDING,
        _E.QUIET: _S.ASKING,
        _E.BUSY: _S.NOT_RUN,
        _E.GONE: _S.NOT_RUN,
        _E.QUOTA: _S.NOT_RUN,
        _E.SMALLER: _S.STARTING,
        _E.REFUSED: _S.FAILED,
        _E.LOST: _S.ASKING,
        _E.BROKEN: _S.FAILED,
        _E.STOP: _S.STOPPED,
    },
    State.ASKING: {
        _E.ACCEPTED: _S.FEEDING,
        _E.FINISHED: _S.FREEING,
        _E.QUIET: _S.FEEDING,
        _E.BUSY: _S.UNKNOWN,
        _E.GONE: _S.FENCING,
        _E.QUOTA: _S.UNKNOWN,
        _E.SMALLER: _S.ASKING,
        _E.REFUSED: _S.UNKNOWN,
        _E.LOST: _S.UNKNOWN,
        _E.BROKEN: _S.UNKNOWN,
        _E.STOP: _S.KILLING,
    },
    State.FENCING: {
        _E.ACCEPTED: _S.NOT_RUN,
        _E.QUIET: _S.UNKNOWN,
        _E.BUSY: _S.UNKNOWN,
        _E.GONE: _S.UNKNOWN,  # with the shell, the memory of the command is gone
        _E.QUOTA: _S.UNKNOWN,
        _E.SMALLER: _S.FENCING,
        _E.REFUSED: _S.UNKNOWN,
        _E.LOST: _S.UNKNOWN,
        _E.BROKEN: _S.UNKNOWN,
    },
    State.FEEDING: {
        _E.ACCEPTED: _S.FEEDING,
        _E.FED: _S.WAITING,
        _E.QUIET: _S.FEEDING,  # the data may have been accepted all the same (1.5)
        _E.BUSY: _S.FEEDING,
        _E.GONE: _S.WAITING,  # it ended without reading all of its input
        _E.QUOTA: _S.UNKNOWN,
        _E.SMALLER: _S.FEEDING,
        _E.REFUSED: _S.UNKNOWN,
        _E.LOST: _S.UNKNOWN,  # sending the piece again might feed it twice
        _E.BROKEN: _S.UNKNOWN,
        _E.STOP: _S.KILLING,
    },
    State.WAITING: {
        _E.ACCEPTED: _S.WAITING,
        _E.FINISHED: _S.FREEING,
        _E.QUIET: _S.WAITING,
        _E.BUSY: _S.WAITING,
        _E.GONE: _S.UNKNOWN,
        _E.QUOTA: _S.UNKNOWN,
        _E.SMALLER: _S.WAITING,
        _E.REFUSED: _S.UNKNOWN,
        _E.LOST: _S.WAITING,
        _E.BROKEN: _S.UNKNOWN,
        _E.STOP: _S.KILLING,
    },
    State.KILLING: dict.fromkeys(
        (_E.ACCEPTED, _E.QUIET, _E.BUSY, _E.GONE, _E.QUOTA, _E.SMALLER, _E.REFUSED, _E.LOST, _E.BROKEN), _S.STOPPED
    ),
    State.FREEING: dict.fromkeys(
        (_E.ACCEPTED, _E.QUIET, _E.BUSY, _E.GONE, _E.QUOTA, _E.SMALLER, _E.REFUSED, _E.LOST, _E.BROKEN), _S.COMPLETED
    ),
}

MEANT: Mapping[Meaning, Event] = {
    Meaning.QUIET: Event.QUIET,
    Meaning.GONE: Event.GONE,
    Meaning.QUOTA: Event.QUOTA,
    Meaning.BUSY: Event.BUSY,
    Meaning.SMALLER: Event.SMALLER,
    Meaning.FORBIDDEN: Event.REFUSED,
    Meaning.REFUSED: Event.REFUSED,
}
"""The event that a fault is."""
