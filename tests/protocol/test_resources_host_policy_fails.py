"""A whole policy that cannot be had, or not by this way: nothing stays of it, and the state says so."""

from secrets import token_hex

import pytest
from records import StepFailed
from resource_site import POLICY
from test_resources_host_policy import HOST_POLICY, PLAIN, a_rule, active, fate, objects
from test_resources_whole_change import Quiet
from winipsec.formats.quoting import script_value
from winipsec.resources import resources
from winipsec.resources.resource import Call
from winipsec_lab.testing import Packet

EVERYTHING = {"name": "everything", "filterList": {"filters": [{"source": "any", "destination": "me"}]}}
CUT = {"management": "none", "rules": [EVERYTHING | {"filterAction": {"action": "block"}}]}
SHORT = {"ah": "sha1", "lifetimeSeconds": 5}
REFUSED = {"filterAction": {"action": "negotiate", "securityMethods": [SHORT]}}


@pytest.fixture
def strict(site):
    """A host that refuses short lifetimes (spec: ipsec-policy 1.6)."""
    site.host.machine.guesses.set("netsh.lifetime_limits", "enforced")
    yield site
    site.host.machine.guesses.set("netsh.lifetime_limits", "ignored")


def is_open(site):
    """Whether a new connection to WinRM works."""
    host = site.host
    return host.packet(Packet("in", host.virtual_address, host.controller, 6, 5985, 40000)).passes_in_clear


# --- our own way in


def test_without_a_timer_a_cut_is_refused(site):
    """In the preview and in the update, with what can be done about it."""
    urn = site.engine.urn(HOST_POLICY, "p")
    program = CUT | {"revertAfter": 0}
    inputs = site.engine.check(urn, program)
    with pytest.raises(StepFailed, match=r"management .* revertAfter"):
        site.engine.preview_create(urn, inputs)
    with pytest.raises(StepFailed, match=r"close the way .* revertAfter"):
        site.up(HOST_POLICY, "p", program)
    assert objects(site) == [0, 0, 0, 0]
    state = site.up(HOST_POLICY, "p", PLAIN | {"revertAfter": 0})
    before = site.content()
    with pytest.raises(StepFailed, match="close the way"):
        site.up(HOST_POLICY, "p", program, state)
    assert site.content() == before
    site.settled(state)


def test_with_a_timer_the_preview_warns_of_a_cut(site):
    """It says how long the host stays silent."""
    urn = site.engine.urn(HOST_POLICY, "p")
    site.engine.preview_create(urn, site.engine.check(urn, CUT | {"revertAfter": 120}))
    said = [text for text in site.service.said("warning") if "close the way" in text]
    assert len(said) == 1
    assert "120 seconds" in said[0]
    assert "everything" in said[0]


# --- what a host refuses


@pytest.mark.parametrize("seconds", [0, 300])
def test_a_policy_that_the_host_refuses_is_not_left_there(strict, seconds):
    """With a timer nothing stays; without one nothing is in force, and the state knows what is there."""
    site = strict
    program = {"rules": [a_rule() | REFUSED, a_rule("b", 81)], "revertAfter": seconds}
    before = site.content()
    with pytest.raises(StepFailed, match=r"rules\[0\].filterAction.*lifetimeSeconds"):
        site.up(HOST_POLICY, "p", program)
    assert (active(site), fate(site, 81)) == ([], "passes")
    if seconds:
        assert site.content() == before


@pytest.mark.parametrize("seconds", [0, 300])
def test_a_change_that_the_host_refuses_changes_nothing_in_force(strict, seconds):
    """Not even for a moment: the stand-in shows what the host does not take."""
    site = strict
    state = site.up(HOST_POLICY, "p", {"rules": [a_rule(), a_rule("b", 81)], "revertAfter": seconds})
    before = site.content()
    program = {"rules": [a_rule() | REFUSED, a_rule("b", 82)], "revertAfter": seconds}
    with pytest.raises(StepFailed, match=r"rules\[0\].filterAction.*lifetimeSeconds") as failed:
        site.up(HOST_POLICY, "p", program, state)
    assert (active(site), fate(site, 80), fate(site, 81), fate(site, 82)) == (["p"], "dropped", "dropped", "passes")
    if seconds:
        assert site.content() == before
        site.settled(state)
    else:
        assert failed.value.text
    repaired = site.up(HOST_POLICY, "p", {"rules": [a_rule(), a_rule("b", 82)], "revertAfter": seconds}, state)
    site.gone(repaired)
    assert objects(site) == [0, 0, 0, 0]


# --- what a dead run made


@pytest.mark.parametrize("end", [0, 3, 6, 9])
def test_what_a_dead_run_made_is_taken_over(site, end):
    """Lists, actions, the policy, some of its rules: the next run finishes it, and owns it all."""
    program = PLAIN | {"rules": [a_rule(), a_rule("b", 81)]}
    urn = site.engine.urn(HOST_POLICY, "p")
    _die(site, urn, program, end)
    again = site.settled(site.up(HOST_POLICY, "p", program))
    assert len(again.outputs["owned"]) == 4
    site.gone(again)
    assert objects(site) == [0, 0, 0, 0]


def _die(site, urn, program, end):
    """A run that died after some of its commands, and the file it left."""
    provider = site.session.provider
    call = Call(urn, "p", HOST_POLICY, Quiet(), provider)
    snapshot = provider.host({}).read(provider.cancelled)
    wish = resources()[HOST_POLICY].making("web1", site.engine.check(urn, program), call)
    found = wish.plan(snapshot.store, snapshot, 0)
    commands = [command.script_line(script_value) for command in found.commands]
    batch = token_hex(6)  # another one each time: the run before may still be removing its own
    lines = [f'# winipsec {{"batch": "{batch}"}}', *(intent.line() for intent in found.intents), *commands, ""]
    site.host.run(r"mkdir C:\Windows\winipsec")
    site.host.machine.files.write(rf"C:\Windows\winipsec\b-{batch}.nsh", "\r\n".join(lines).encode())
    for line in commands[:end]:
        assert site.host.run(f"netsh {line}")[0] == 0, line
    site.forget()


# --- previews


def test_the_preview_tells_what_happens_to_traffic(site):
    """Removals are counted: a whole policy knows what goes."""
    state = site.up(HOST_POLICY, "p", PLAIN)
    site.service.messages.clear()
    program = {"management": "none", "rules": [a_rule("other", 81)]}
    site.engine.preview_update(state, site.engine.check(state.urn, program, state.inputs))
    told = [text for text in site.service.said("info") if "raffic" in text]
    assert len(told) == 1
    assert "80" in told[0]
    assert "81" in told[0]
    assert "not counted" not in told[0]


def test_after_drift_the_preview_tells_what_repairing_does(site):
    """Somebody permitted what the policy blocks."""
    state = site.up(HOST_POLICY, "p", PLAIN)
    site.console('set filteraction name="p: web" action=permit')
    found = site.refresh(state)
    site.service.messages.clear()
    site.engine.preview_update(found, state.inputs)
    told = [text for text in site.service.said("info") if "raffic" in text]
    assert len(told) == 1
    assert "80" in told[0]


def locked_down(site):
    """Somebody assigns a policy that blocks WinRM, and stops the agent."""
    site.console(
        "add filterlist name=everything",
        "add filter filterlist=everything srcaddr=any dstaddr=me",
        "add filteraction name=stop action=block",
        "add policy name=lockdown",
        "add rule name=all-of-it policy=lockdown filterlist=everything filteraction=stop",
        "set policy name=lockdown assign=yes",
    )
    assert site.host.run("net stop PolicyAgent")[0] == 0
    site.again()


def test_a_stopped_agent_does_not_bring_a_lockdown_into_force(site):
    """What starts the agent must not close the way in: the script is there before it starts."""
    state = site.up(HOST_POLICY, "p", {"allowOnly": {"ports": ["tcp/80"]}})
    locked_down(site)
    found = site.refresh(state)
    assert found.inputs["assigned"] is False
    repaired = site.up(HOST_POLICY, "p", {"allowOnly": {"ports": ["tcp/80"]}}, found)
    assert site.settled(repaired).outputs["assigned"] is True
    assert is_open(site)


def test_a_stopped_agent_starts_without_the_policy_that_is_replaced(site):
    """A new policy takes several batches; between them the host has to be reached."""
    locked_down(site)
    state = site.up(HOST_POLICY, "p", {"allowOnly": {"ports": ["tcp/80"]}})
    assert active(site) == ["p"]
    assert is_open(site)
    before = state.outputs["previousPolicy"]
    assert site.value(POLICY, before, "ipsecName") == "lockdown"
