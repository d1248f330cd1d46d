"""A change of the policy in force holds only when somebody can still come in afterwards (design 5; spec: winrm 5).

The reckoning that keeps the way in open is told a lie here, so that a change really closes it: then the host must come
back by itself, as it was, and the user must hear of it. Not tested on real Windows.
"""

import socket
import subprocess
import threading
import time

import pytest
from records import StepFailed
from resource_site import ASSIGNMENT, FILTER_ACTION, FILTER_LIST, POLICY, RULE
from test_resources_guard import is_open
from winipsec.errors import Interrupted
from winipsec.host import commit, recovery, safe_dispatch
from winipsec.host import host as host_module
from winipsec_lab.testing import Fault

ALL = {"source": "any", "destination": "me"}
FOLDER = r"C:\Windows\winipsec"
HOST_POLICY = "winipsec:index:HostPolicy"
WHOLE = {"rules": [{"name": "r", "filterList": {"filters": [ALL]}, "filterAction": {"action": "permit"}}]}


def files(site):
    """What lies in the folder for scripts, the files of confirmed batches aside."""
    return [line for line in site.host.run(rf"dir /b {FOLDER}\c-*.*")[1].split() if line.startswith("c-")]


def active(site):
    """What the host's own tool says is assigned."""
    return [line.split('"')[1] for line in site.dump("set policy")]


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


@pytest.mark.usefixtures("blind", "hurried")
def test_what_closes_the_way_in_is_taken_back_by_the_host(sleeper):
    """The store is what it was, byte for byte, and nothing is left behind."""
    before = sleeper.content()
    passing = jump(sleeper, 400)
    with pytest.raises(StepFailed, match="taken back"):
        sleeper.up(ASSIGNMENT, "a", {"policy": "web"})
    passing.join()
    assert sleeper.content() == before
    assert not tasks(sleeper)
    assert files(sleeper) == []


def untouched(site, before):
    """The host is as it was, and nothing of ours is left there: no task, no file, no shell."""
    assert site.content() == before
    assert (tasks(site), files(site)) == (False, [])
    site.again()
    until = time.monotonic() + 5
    while site.host.shells and time.monotonic() < until:
        time.sleep(0.02)
    assert site.host.shells == 0


def closed(site):
    """Wait until the way in is closed."""
    until = time.monotonic() + 20
    while is_open(site) and time.monotonic() < until:
        time.sleep(0.02)


def test_a_change_that_keeps_the_way_in_open_is_confirmed(sleeper):
    """Nothing of the commit is left on the host, not even until the end of the run."""
    sleeper.host.run('netsh ipsec static set filteraction name="block" action=permit')
    sleeper.again()
    state = sleeper.up(ASSIGNMENT, "a", {"policy": "web"})
    assert state.outputs["policy"]
    assert (tasks(sleeper), files(sleeper)) == (False, [])
    sleeper.host.machine.clock.advance(1000)
    sleeper.host.reboot()
    sleeper.host.run("net start PolicyAgent")  # where it does not start by itself
    assert sleeper.host.machine.tasks.wait_until_idle()
    assert active(sleeper) == ["web"]


@pytest.mark.usefixtures("blind", "hurried")
def test_a_lock_out_across_a_reboot(sleeper):
    """The host takes it back when it starts, long before its time."""
    before = sleeper.content()

    def restart():
        closed(sleeper)
        sleeper.host.reboot()

    thread = threading.Thread(target=restart)
    thread.start()
    with pytest.raises(StepFailed, match="taken back"):
        sleeper.up(ASSIGNMENT, "a", {"policy": "web"})
    thread.join()
    untouched(sleeper, before)


@pytest.mark.usefixtures("blind", "hurried")
def test_a_lock_out_in_real_time(sleeper, monkeypatch):
    """Nobody turns the clock: a short delay passes, and the user hears of it at most ten seconds later."""
    seconds = 5
    made = commit.Commit

    def short(connection, before, urn, _seconds, *rest):
        return made(connection, before, urn, seconds, *rest)

    monkeypatch.setattr(safe_dispatch, "Commit", short)
    monkeypatch.setattr(commit, "LAST_CALL", 1.0)
    before, began = sleeper.content(), time.monotonic()
    with pytest.raises(StepFailed, match="taken back"):
        sleeper.up(ASSIGNMENT, "a", {"policy": "web"})
    assert seconds - 1 < time.monotonic() - began < seconds + 10
    untouched(sleeper, before)


@pytest.mark.usefixtures("blind", "hurried")
def test_a_host_that_takes_no_ascii_for_a_task(sleeper):
    """It is armed by way of certutil, and comes back all the same."""
    sleeper.host.machine.guesses.set("tasks.ascii_xml", "refused")
    sleeper.host.machine.guesses.set("certutil.coding", "works")
    before = sleeper.content()
    passing = jump(sleeper, 400)
    with pytest.raises(StepFailed, match="taken back"):
        sleeper.up(ASSIGNMENT, "a", {"policy": "web"})
    passing.join()
    untouched(sleeper, before)


@pytest.fixture(params=["no task", "no task scheduler"])
def unarmed(request, sleeper):
    """A host that cannot be armed."""
    if request.param == "no task":
        sleeper.host.machine.guesses.set("tasks.ascii_xml", "refused")
        sleeper.host.machine.guesses.set("certutil.coding", "blocked")
    else:
        sleeper.host.machine.services.switch("Schedule", on=False)
    return sleeper


def test_a_host_that_cannot_be_armed_gets_single_objects(unarmed):
    """Their way in stays open by our reckoning; the user is told once, with the host's own words."""
    unarmed.host.run('netsh ipsec static set filteraction name="block" action=permit')
    unarmed.again()
    unarmed.up(ASSIGNMENT, "a", {"policy": "web"})
    unarmed.up(RULE, "more", {"policy": "web", "filterList": "everything", "filterAction": "block"})
    told = [text for text in unarmed.service.said("warning") if "by itself" in text]
    assert len(told) == 1
    assert "the way in stays open" in told[0]
    assert files(unarmed) == []


def test_a_host_that_cannot_be_armed_gets_no_transaction(unarmed):
    """It is refused before anything is written; without a timer it is made."""
    before = unarmed.content()
    with pytest.raises(StepFailed, match="cannot take the change back by itself"):
        unarmed.up(HOST_POLICY, "whole", WHOLE)
    assert unarmed.content() == before
    assert files(unarmed) == []
    unarmed.up(HOST_POLICY, "whole", {**WHOLE, "revertAfter": 0})


# --- changes that wait ----------------------------------------------------------------------------------------------

STRANGER = "urn:pulumi:prod::shop::winipsec:index:PolicyAssignment::theirs"


@pytest.fixture
def left(sleeper, monkeypatch):
    """A function that leaves a change of another run on the host, at some stage."""
    monkeypatch.setattr(recovery, "RESTORING", 0.2)
    monkeypatch.setattr(recovery, "AGAIN", 0.02)
    sleeper.host.run('netsh ipsec static set filteraction name="block" action=permit')
    sleeper.again()

    def leave(stage, urn="", run="ci-7:12"):
        made = commit.Commit

        def die(_self):
            raise Interrupted("the run died.", host="web1")

        def elsewhere(connection, before, own, *rest):
            with monkeypatch.context() as here:
                here.setattr(commit, "controller", lambda: run)
                return made(connection, before, urn or own, *rest)

        with monkeypatch.context() as patch:
            patch.setattr(made, "confirm", die)
            patch.setattr(safe_dispatch, "Commit", elsewhere)
            with pytest.raises(StepFailed):
                sleeper.up(ASSIGNMENT, "a", {"policy": "web"})
        armed = next(name for name in files(sleeper) if name.endswith(".armed"))
        number = armed.partition(".")[0]
        path = rf"{FOLDER}\{number}"
        sleeper.host.run(
            {
                "armed": "ver",
                "fired": f"ren {path}.armed {number}.fired",
                "reverted": f"call {path}.cmd",
                "disarmed": f"ren {path}.armed {number}.disarmed",
                "unarmed": f"del {path}.armed",
                "stray": f"del {path}.cmd {path}.armed & schtasks /delete /tn winipsec-revert-{number[2:]} /f",
            }[stage]
        )
        sleeper.again()
        return sleeper

    return leave


STAGES = {"armed": False, "fired": False, "reverted": False, "disarmed": True, "unarmed": True, "stray": True}
"""Whether the change holds afterwards."""


@pytest.mark.parametrize("deed", ["refresh", "up", "destroy"])
@pytest.mark.parametrize("stage", STAGES)
def test_the_next_run_ends_what_a_dead_one_left(left, sleeper, stage, deed):
    """Whatever it does first; nothing is left, and the user hears of what was taken back."""
    before = sleeper.content()
    other = sleeper.up(POLICY, "other", {}) if deed != "up" else None
    site = left(stage, run=dead_run() if deed == "refresh" else "ci-7:12")
    assert active(site) == ([] if stage == "reverted" else ["web"])
    assert files(site)
    if deed == "up":
        other = site.up(POLICY, "other", {})
    elif deed == "refresh":
        site.refresh(other)
    site.engine.destroy(other)
    assert (tasks(site), files(site)) == (False, [])
    assert active(site) == (["web"] if STAGES[stage] else [])
    told = [text for text in site.service.said("warning") if "was taken back" in text]
    assert len(told) == (not STAGES[stage])
    if not STAGES[stage]:
        assert site.content() == before


def dead_run():
    """A process of this machine that is no more."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    return f"{socket.gethostname()}:{gone.pid}"


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_refresh_beside_an_update_on_another_machine(left, sleeper, confirmed):
    """It is no update's turn, so the other may be well alive: it is waited for, until the host's time is up."""
    other = sleeper.up(POLICY, "other", {})
    site = left("armed")
    armed = next(name for name in files(site) if name.endswith(".armed"))
    number = armed.partition(".")[0]

    def end():
        time.sleep(0.3)
        if confirmed:
            site.host.run(rf"del {FOLDER}\{number}.* & schtasks /delete /tn winipsec-revert-{number[2:]} /f")
        else:
            site.host.machine.clock.advance(400)

    ending = threading.Thread(target=end)
    ending.start()
    site.refresh(other)
    ending.join()
    assert active(site) == (["web"] if confirmed else [])
    told = [text for text in site.service.said("warning") if "was taken back" in text]
    assert len(told) == (not confirmed)
    site.engine.destroy(other)
    assert (tasks(site), files(site)) == (False, [])


@pytest.mark.parametrize("stage", ["armed", "fired"])
def test_a_change_of_another_stack_that_waits(left, stage):
    """Nothing is written beside it, and the refusal names it; reading goes on, and says so."""
    site = left(stage, STRANGER)
    before = site.content()
    with pytest.raises(StepFailed, match="another change waits") as failed:
        site.up(POLICY, "other", {})
    assert STRANGER in failed.value.text
    assert "ci-7:12" in failed.value.text
    assert site.content() == before
    site.imported(POLICY, "web", "web")
    assert any("waits to be confirmed" in text for text in site.service.said("warning"))
    site.host.machine.clock.advance(400)
    assert site.host.machine.tasks.wait_until_idle()
    site.forget()
    if stage == "armed":
        site.up(POLICY, "other", {})


def test_two_that_arm_at_once(left, monkeypatch):
    """The second did not see the first when it looked: the host tells it, and it is named."""
    site = left("armed", STRANGER)
    before = site.content()
    monkeypatch.setattr(recovery.Recovery, "settle", lambda _self, seen, *_, **__: seen)
    with pytest.raises(StepFailed, match="another change waits") as failed:
        site.up(HOST_POLICY, "whole", WHOLE)
    assert STRANGER in failed.value.text
    assert site.content() == before
    assert len([name for name in files(site) if name.endswith(".armed")]) == 1


# --- lost messages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "reset_after"])
@pytest.mark.parametrize("word", ["schtasks /create", "disarmed", "netsh -f"])
@pytest.mark.parametrize("action", ["Command", "Receive"])
@pytest.mark.usefixtures("hurried")
def test_a_message_that_gets_lost(sleeper, kind, word, action):
    """While arming, writing or confirming: the change is made and holds, and nothing is left."""
    sleeper.host.run('netsh ipsec static set filteraction name="block" action=permit')
    sleeper.again()
    begun = []

    def hits(message):
        if word in message.command_line:
            begun.append(message)
        return bool(begun) and message.action == action

    sleeper.host.faults.add(Fault(kind, when=hits))
    sleeper.up(ASSIGNMENT, "a", {"policy": "web"})
    assert begun
    assert (tasks(sleeper), files(sleeper)) == (False, [])
    sleeper.host.machine.clock.advance(1000)
    assert active(sleeper) == ["web"]
