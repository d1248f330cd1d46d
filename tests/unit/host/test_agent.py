"""The IPsec Policy Agent while it starts: what is written then is refused, so it is waited for (spec: winrm 4.7)."""

import pytest
from snapshot_text import service
from winipsec.errors import Refused
from winipsec.host import agent
from writer_desk import RUNNING, STOPPED, Desk, Wants

STARTING = service(2, "START_PENDING")


@pytest.fixture
def desk(monkeypatch):
    """A host whose looks at its agent come without a pause."""
    monkeypatch.setattr(agent, "PAUSE", 0.0)
    return Desk()


@pytest.mark.parametrize("after", [RUNNING, STOPPED])
def test_a_service_that_still_starts_is_waited_for(desk, after):
    """Before the next try: until it runs, or needs to be started once more."""
    desk.service, desk.refuses = STOPPED, {"a": 1}
    states = iter([STARTING, STARTING, STARTING, after])
    desk.after_run = lambda _: setattr(desk, "service", next(states, RUNNING))
    desk.apply(Wants("a"))
    tried, *looks, again = [run.line for run in desk.runs]
    assert " & net start PolicyAgent & netsh -f " in tried
    assert looks == ["sc query PolicyAgent"] * 3
    assert ("net start PolicyAgent" in again) == (after is STOPPED)


def test_a_service_that_somebody_else_starts_is_waited_for(desk):
    """Before the first try."""
    desk.service = STARTING
    desk.after_run = lambda _: setattr(desk, "service", RUNNING)
    desk.apply(Wants("a"))
    assert [run.line.partition(" ")[0] for run in desk.runs] == ["sc", "mkdir"]


def test_a_service_that_never_starts_is_not_waited_for_in_vain(desk, monkeypatch):
    """The change then fails with what netsh says."""
    monkeypatch.setattr(agent, "PATIENCE", 0.0)
    desk.service, desk.refuses, desk.said = STARTING, {"a": 9}, "ERR IPsec[05073] : kaputt\r\n"
    with pytest.raises(Refused, match="05073"):
        desk.apply(Wants("a"))
