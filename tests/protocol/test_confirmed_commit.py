"""A change of the policy in force holds only when somebody can still come in afterwards (design 5; spec: winrm 5).

The reckoning that keeps the way in open is told a lie here, so that a change really closes it: then the host must come
back by itself, as it was, and the user must hear of it. Not tested on real Windows.
"""

import threading
import time

import pytest
from records import StepFailed
from resource_site import ASSIGNMENT, FILTER_ACTION, FILTER_LIST, POLICY, RULE
from test_resources_guard import is_open
from winipsec.host import commit
from winipsec.host import host as host_module

ALL = {"source": "any", "destination": "me"}
FOLDER = r"C:\ProgramData\winipsec"


def files(site):
    """What lies in the folder for scripts, the files of confirmed batches aside."""
    return [line for line in site.host.run(rf"dir /b {FOLDER}\c-*.*")[1].split() if line.startswith("c-")]


def tasks(site):
    """Whether a task of ours is there."""
    return "winipsec" in site.host.run("schtasks /query")[1]


@pytest.fixture
def sleeper(site):
    """A site whose way in a policy `web` is about to close, with nobody to stop it."""
    site.up(FILTER_LIST, "everything", {"filters": [ALL]})
    site.up(FILTER_ACTION, "block", {"action": "block"})
    site.up(POLICY, "web", {})
    site.up(RULE, "everything", {"policy": "web", "filterList": "everything", "filterAction": "block"})
    return site


@pytest.fixture
def blind(monkeypatch):
    """Our reckoning says of every change that it is harmless."""
    monkeypatch.setattr(host_module, "guard", lambda *_: None)


@pytest.fixture
def hurried(site, monkeypatch):
    """Short patience, and a clock of the host that jumps as soon as it is silent."""
    monkeypatch.setattr(commit, "AGAIN", 0.05)
    settings = {**site.configuration, "dialTimeout": "1", "commandTimeout": "2"}
    site.engine.start(settings)
    return site


def jump(site, seconds):
    """Let time pass on the host once its way in is closed."""

    def wait():
        until = time.monotonic() + 20
        while is_open(site) and time.monotonic() < until:
            time.sleep(0.02)
        site.host.machine.clock.advance(seconds)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_what_closes_the_way_in_is_taken_back_by_the_host(sleeper, blind, hurried):
    """The store is what it was, byte for byte, and nothing is left behind."""
    before = sleeper.content()
    passing = jump(sleeper, 400)
    with pytest.raises(StepFailed, match="taken back"):
        sleeper.up(ASSIGNMENT, "a", {"policy": "web"})
    passing.join()
    assert sleeper.content() == before
    assert not tasks(sleeper)
    assert files(sleeper) == []
