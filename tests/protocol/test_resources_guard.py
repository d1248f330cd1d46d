"""No change goes through that closes the way in over which the host is managed, whatever Windows is like.

The host of the lab really drops packets that its policy blocks, WinRM's as well. So each change that the provider
makes is followed by asking the host what it would do to a new connection from the controller, from several ports.
"""

import random

import pytest
from fake_engine import in_threads
from hypothesis import settings
from protocol_values import from_struct, to_struct
from pulumi.runtime.proto import provider_pb2
from records import State, StepFailed, create_request, update_request
from resource_site import ASSIGNMENT, FILTER_ACTION, FILTER_LIST, POLICY, RULE
from winipsec.host import writer
from winipsec_lab.testing import Packet

WINRM = {"source": "any", "destination": "me", "protocol": "tcp", "destinationPort": 5985}
ALL = {"source": "any", "destination": "me"}
CONTROLLER = "10.77.0.250"
CHANGES = max(100, 2 * settings.default.max_examples)
"""Of one random history; fewer while guesses are flipped."""
EACH_CUT = 5
"""Every so many of them, one that closes the way in for certain."""
REFUSED = "close the way over which this host is managed"
CLIENT_PORTS = (32768, 40000, 49152, 55555, 65535)


def open_ways(site):
    """From which ports of the controller a new connection to WinRM works in clear."""
    host = site.host

    def passes(direction, port):
        return host.packet(Packet(direction, host.virtual_address, host.controller, 6, 5985, port)).passes_in_clear

    return [port for port in CLIENT_PORTS if passes("in", port) and passes("out", port)]


def is_open(site):
    """Whether all of them do."""
    return open_ways(site) == list(CLIENT_PORTS)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """A change that would close the way in waits for others that may keep it open; here none come."""
    monkeypatch.setattr(writer, "GRACE", 0.05)


@pytest.fixture
def guarded(site):
    """A site with a policy `web` that is active and permits WinRM, and an action of each sort."""
    site.up(FILTER_LIST, "winrm", {"filters": [WINRM]})
    for name in ("permit", "block", "negotiate"):
        site.up(FILTER_ACTION, name, {"action": name})
    site.up(POLICY, "web", {})
    site.up(RULE, "way in", {"policy": "web", "filterList": "winrm", "filterAction": "permit"})
    site.up(ASSIGNMENT, "a", {"policy": "web"})
    assert is_open(site)
    return site


CUTS = {
    "block all": ([ALL], "block", False),
    "block all, one way": ([{**ALL, "mirrored": False}], "block", False),
    "block answers": ([{"source": "me", "destination": "any", "mirrored": False}], "block", False),
    "block the port as narrowly": ([WINRM], "block", True),
    "block the controller": ([{"source": CONTROLLER, "destination": "me"}], "block", True),
    "block the controller's network": (
        [{"source": "10.77.0.0/16", "destination": "me", "protocol": "tcp"}],
        "block",
        True,
    ),
    "negotiate the port": ([WINRM], "negotiate", True),
    "negotiate all": ([ALL], "negotiate", False),
    "block TCP to one address of the host": ([{**WINRM, "destination": "10.77.0.1"}], "block", True),
    "block a port of the client": ([{**WINRM, "sourcePort": 40000}], "block", True),
}


@pytest.mark.parametrize("case", CUTS)
def test_rules_that_close_the_way_in(guarded, case):
    """They are refused with the way to permit it, and nothing is written; what a permit outweighs goes through."""
    filters, action, cuts = CUTS[case]
    guarded.up(FILTER_LIST, "l", {"filters": filters})
    before = guarded.content()
    program = {"policy": "web", "filterList": "l", "filterAction": action}
    urn = guarded.engine.urn(RULE, "r")
    inputs = guarded.engine.check(urn, program)
    if cuts:
        with pytest.raises(StepFailed, match=REFUSED) as failed:
            guarded.engine.call("Create", create_request(urn, inputs, preview=False))
        assert "allowManagementCut" in failed.value.text
        assert guarded.content() == before
    else:
        guarded.engine.call("Create", create_request(urn, inputs, preview=False))
    assert is_open(guarded)


@pytest.mark.parametrize("what", ["rule", "filters", "action", "list", "inactive", "policy"])
def test_changes_that_take_the_permit_away(guarded, what):
    """Under a rule that blocks all, the permit is what keeps the way in open: nothing of it may go."""
    guarded.up(FILTER_LIST, "everything", {"filters": [ALL]})
    guarded.up(FILTER_LIST, "other", {"filters": [{**WINRM, "destinationPort": 80}]})
    guarded.up(RULE, "wall", {"policy": "web", "filterList": "everything", "filterAction": "block"})
    way = {"policy": "web", "filterList": "winrm", "filterAction": "permit"}
    guarded.up(POLICY, "closed", {})
    guarded.up(RULE, "wall of closed", {"policy": "closed", "filterList": "everything", "filterAction": "block"})
    states = {
        kind: guarded.imported(kind, name, id)
        for kind, name, id in [
            (RULE, "way in", "web/way in"),
            (FILTER_LIST, "winrm", "winrm"),
            (FILTER_ACTION, "permit", "permit"),
            (ASSIGNMENT, "a", "active"),
        ]
    }
    kind, program = {
        "rule": (RULE, None),
        "filters": (FILTER_LIST, {"name": "winrm", "filters": [{**WINRM, "destinationPort": 5986}]}),
        "action": (FILTER_ACTION, {"name": "permit", "action": "block"}),
        "list": (RULE, {**way, "name": "way in", "filterList": "other"}),
        "inactive": (RULE, {**way, "name": "way in", "active": False}),
        "policy": (ASSIGNMENT, {"policy": "closed"}),
    }[what]
    before = guarded.content()
    with pytest.raises(StepFailed, match=REFUSED):
        push(guarded, kind, states[kind].urn.split("::")[-1], program, states[kind])
    assert guarded.content() == before
    assert is_open(guarded)


def at_once(site, wanted):
    """Push several creations at the same time; the errors, empty where there is none."""

    def one(index):
        try:
            push(site, *wanted[index], None)
        except StepFailed as failed:
            return failed.text
        return ""

    return in_threads(len(wanted), one)


@pytest.mark.parametrize("mapping", ["accepted", "refused"])
def test_a_block_does_not_go_without_the_permit_that_came_with_it(guarded, mapping):
    """Planned together they leave the way in open. If the host refuses the permit, the block is not sent at all."""
    guarded.engine.destroy(guarded.imported(RULE, "way in", "web/way in"))
    guarded.up(FILTER_LIST, "everything", {"filters": [ALL]})
    guarded.host.machine.guesses.set("netsh.certmap_outside_domain", mapping)
    mapped = [{"rootCa": {"name": "CN=Root", "certificateMapping": True}}]
    permit = {"policy": "web", "filterList": "winrm", "filterAction": "permit", "authMethods": mapped}
    wall = {"policy": "web", "filterList": "everything", "filterAction": "block"}
    guarded.again()
    refused = at_once(guarded, [(RULE, "wall", wall), (RULE, "way", permit)])
    assert is_open(guarded)
    if mapping == "accepted":
        assert refused == ["", ""]
    else:
        assert REFUSED in refused[0]
        assert "certificateMapping" in refused[1]
        assert guarded.dump("add rule") == []


def test_a_filter_does_not_go_before_its_successor_has_come(guarded, monkeypatch):
    """A host that knows no ranges, as Windows Server 2003, refuses the narrower permit: the wider one has to stay."""
    guarded.up(FILTER_LIST, "everything", {"filters": [ALL]})
    guarded.up(RULE, "wall", {"policy": "web", "filterList": "everything", "filterAction": "block"})
    listed = guarded.imported(FILTER_LIST, "winrm", "winrm")
    monkeypatch.setattr(guarded.host.machine, "generation", "2003")
    narrower = {"name": "winrm", "filters": [{**WINRM, "source": "10.77.0.1-10.77.0.254"}]}
    with pytest.raises(StepFailed, match=r"filters\[0\]|filters are not"):
        push(guarded, FILTER_LIST, "winrm", narrower, listed)
    assert is_open(guarded)
    narrower["filters"][0]["source"] = "10.77.0.0/24"
    push(guarded, FILTER_LIST, "winrm", narrower, listed)
    assert is_open(guarded)
    assert 'srcaddr="10.77.0.0"' in guarded.dump('add filter filterlist="winrm"')[0]


def push(site, kind, name, program, state):
    """Create, update or (without a program) delete, without the preview that would say it all before."""
    engine, urn = site.engine, site.engine.urn(kind, name)
    if program is None:
        request = provider_pb2.DeleteRequest(
            id=state.id, urn=urn, properties=to_struct(state.outputs), old_inputs=to_struct(state.inputs)
        )
        engine.call("Delete", request)
        return None
    inputs = engine.check(urn, program, state.inputs if state else None)
    if state is None:
        response = engine.call("Create", create_request(urn, inputs, preview=False))
        return engine.refresh(State(urn, response.id, inputs, from_struct(response.properties)))
    response = engine.call("Update", update_request(state, inputs, preview=False))
    return engine.refresh(State(urn, state.id, inputs, from_struct(response.properties)))


SIDES = [
    "any",
    "any",
    "me",
    CONTROLLER,
    "10.77.0.1",
    "10.77.0.0/24",
    "10.0.0.0/8",
    "10.77.0.250-10.77.0.255",
    "192.0.2.1",
]
ACTIONS = [
    {"action": "permit"},
    {"action": "permit"},
    {"action": "block"},
    {"action": "block"},
    {"action": "negotiate"},
    {"action": "negotiate", "inboundPassThrough": True},
    {"action": "negotiate", "softFallback": True},
    {"action": "negotiate", "softFallback": True, "inboundPassThrough": True},
]


def random_filter(dice):
    """A filter that may concern WinRM."""
    while True:
        source, destination = dice.choice(SIDES), dice.choice(SIDES)
        if (source, destination) != ("me", "me"):
            break
    found = {"source": source, "destination": destination, "mirrored": dice.random() < 0.7}
    found["protocol"] = dice.choice(["any", "any", "tcp", "tcp", "tcp", "udp"])
    if found["protocol"] != "any":
        found["sourcePort"] = dice.choice([0, 0, 0, 5985, 40000])
        found["destinationPort"] = dice.choice([0, 5985, 5985, 80])
    return found


def random_change(dice, states):
    """One step of somebody who does not think of the way in: kind, name, program (None to delete)."""
    kind = dice.choice([FILTER_LIST, FILTER_LIST, FILTER_ACTION, RULE, RULE, RULE, RULE, ASSIGNMENT])
    if kind == FILTER_LIST:
        unique = {
            str(sorted(item.items(), key=str)): item
            for item in (random_filter(dice) for _ in range(dice.randint(0, 3)))
        }
        return kind, f"l{dice.randrange(4)}", {"filters": list(unique.values())}
    if kind == FILTER_ACTION:
        return kind, f"a{dice.randrange(1, 4)}", dice.choice(ACTIONS)
    if kind == ASSIGNMENT:
        return kind, "active", dice.choice([{"policy": "p0"}, {"policy": "p0"}, {"policy": "p1"}, None])
    name = f"r{dice.randrange(6)}"
    if (kind, name) in states and dice.random() < 0.3:
        return kind, name, None
    policy = states[kind, name].inputs["policy"] if (kind, name) in states else dice.choice(["p0", "p0", "p1"])
    return (
        kind,
        name,
        {
            "policy": policy,
            "filterList": f"l{dice.randrange(4)}",
            "filterAction": f"a{dice.randrange(4)}",
            "active": dice.random() < 0.9,
            "connectionType": dice.choice(["all", "all", "lan", "dialup"]),
        },
    )


SHUT = {
    "all": ([ALL], "block"),
    "the port": ([WINRM], "block"),
    "requests": ([{**WINRM, "mirrored": False}], "block"),
    "answers": ([{"source": "me", "destination": "any", "mirrored": False}], "block"),
    "the controller": ([{"source": CONTROLLER, "destination": "me"}], "negotiate"),
}
"""Policies of one rule each, with filters and action: where nothing competes, no guess about what wins matters."""


def shut_policies(site):
    """The policies of `SHUT`, which no random change touches."""
    for name in ("block", "negotiate"):
        site.up(FILTER_ACTION, name, {"action": name})
    for name, (filters, action) in SHUT.items():
        site.up(FILTER_LIST, f"shut {name}", {"filters": filters})
        site.up(POLICY, f"shut {name}", {})
        program = {"policy": f"shut {name}", "filterList": f"shut {name}", "filterAction": action}
        site.up(RULE, f"shut {name}", program)


def attempted(site, kind, name, program, state):
    """The new state and why not: one of the two."""
    try:
        return push(site, kind, name, program, state), ""
    except StepFailed as failed:
        site.again()
        return None, failed.text


def test_random_changes_never_close_the_way_in(site):
    """Hundreds of changes to lists, actions, rules and the assignment; some are refused, none locks anybody out."""
    dice = random.Random(str(site.host.machine.guesses.to_json()))  # noqa: S311 - not for secrets
    states = {}
    for number in range(4):
        states[FILTER_ACTION, f"a{number}"] = site.up(FILTER_ACTION, f"a{number}", ACTIONS[2 * number])
        states[FILTER_LIST, f"l{number}"] = site.up(FILTER_LIST, f"l{number}", {"filters": []})
    for kind, name, program in (
        (POLICY, "p0", {}),
        (POLICY, "p1", {}),
        (RULE, "r0", {"policy": "p0", "filterList": "l0", "filterAction": "a0"}),
        (ASSIGNMENT, "active", {"policy": "p0"}),
    ):
        states[kind, name] = site.up(kind, name, program)
    shut_policies(site)
    refused = made = 0
    for number in range(CHANGES):
        cuts = number % EACH_CUT == 0
        if cuts:
            kind, name, program = ASSIGNMENT, "active", {"policy": f"shut {dice.choice(list(SHUT))}"}
        else:
            kind, name, program = random_change(dice, states)
        state = states.get((kind, name))
        if program is None and state is None:
            continue
        found, why = attempted(site, kind, name, program, state)
        assert is_open(site), (kind, name, program, site.dump())
        assert REFUSED in why if why or cuts else not why, (kind, name, program, why)
        refused += bool(why)
        made += not why
        if not why and program is None:
            del states[kind, name]
        elif not why:
            states[kind, name] = found
    assert refused >= CHANGES // EACH_CUT
    assert made > CHANGES // 3
