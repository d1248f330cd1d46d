"""A change of the active policy, command by command: no packet meets anything but its fate of before or of after.

The commands of each plan are typed on the console of a lab host one by one, and after each of them the host is asked
what becomes of many packets (design 5; field 3, trap 4).
"""

import itertools
import json
import random
from secrets import token_hex

import pytest
from records import State
from resource_site import Site
from test_resources_host_policy import HOST_POLICY, WORM, a_filter, a_rule, active, objects
from winipsec.formats.netsh import Command
from winipsec.formats.quoting import argument
from winipsec.resources import resources
from winipsec.resources.resource import Call
from winipsec_lab.testing import Packet

PORTS = (22, 80, 81, 82, 443, 1434, 4444, 5985)
REMOTES = ("192.0.2.9", "10.0.0.1", "10.9.9.9")
STAND_IN = "winipsec stand-in"


def fates(site: Site):
    """What becomes of each of many packets."""
    host, found = site.host, {}
    for direction in ("in", "out"):
        for remote in REMOTES:
            for protocol, ports in ((6, PORTS), (17, (53, 1434)), (1, (0,))):
                for port in ports:
                    local, far = (port, 40000) if direction == "in" else (40000, port)
                    packet = Packet(direction, host.virtual_address, remote, protocol, local, far)
                    verdict = host.packet(packet)
                    found[packet] = (verdict.result, verdict.action)
    return found


class Change:
    """What an update does, batch by batch, without the provider's writer."""

    def __init__(self, site: Site, state: State, program) -> None:
        inputs = site.engine.check(state.urn, program, state.inputs)
        call = Call(state.urn, "p", HOST_POLICY, Quiet(), site.session.provider)
        self.site = site
        self.wish = resources()[HOST_POLICY].making("web1", inputs, call, state.id, state.outputs)
        self.attempt = 0

    def commands(self):
        """Those of the next batch; its file lies on the host while it runs, as the writer would have it."""
        self.site.forget()
        provider = self.site.session.provider
        snapshot = provider.host({}).read(provider.cancelled)
        plan = self.wish.plan(snapshot.store, snapshot, self.attempt)
        self.attempt += 1
        batch = token_hex(6)  # another one each time: the run before may still be removing its own
        lines = ["# winipsec " + json.dumps({"batch": batch})]
        lines += [intent.line() for intent in plan.intents]
        lines += [command.script_line(argument) for command in plan.commands if isinstance(command, Command)]
        name = rf"C:\Windows\winipsec\b-{batch}.nsh"
        self.site.host.machine.files.write(name, "\r\n".join([*lines, ""]).encode())
        return plan.commands

    def batches(self):
        """Every batch, until nothing is left to do; three at most."""
        while commands := self.commands():
            assert self.attempt <= 3
            yield commands


class Quiet:
    """Nobody is told."""

    def __getattr__(self, name):
        return lambda *_args, **_kwargs: None


def replay(change: Change):
    """Type the commands; each packet keeps to its fate of before or of after.

    Returns how many states differed, and all commands.
    """
    host, states, typed = change.site.host, [fates(change.site)], []
    for commands in change.batches():
        for command in commands:
            line = command.argument_line(argument)
            assert host.run(line)[0] == 0, line
            typed.append(command)
            states.append(fates(change.site))
    before, after = states[0], states[-1]
    for number, state in enumerate(states):
        for packet, fate in state.items():
            assert fate in {before[packet], after[packet]}, (number, typed[number - 1], packet)
    return len({tuple(state.items()) for state in states}), typed


def named(name, filters, action="block", **more):
    """A rule whose list and action have names of their own."""
    return {
        "name": name,
        "filterList": {"name": more.pop("list", name), "filters": filters},
        "filterAction": {"name": more.pop("called", action), "action": action},
        **more,
    }


STEPS = {
    "one filter for another": ([a_rule(port=80)], [a_rule(port=81)]),
    "filters of two lists": ([a_rule("a", 80), a_rule("b", 81)], [a_rule("a", 22), a_rule("b", 443)]),
    "actions exchanged": (
        [a_rule("a", 80), a_rule("b", 81, "permit")],
        [a_rule("a", 80, "permit"), a_rule("b", 81)],
    ),
    "one action of two rules": (
        [named("a", [a_filter(80)]), named("b", [a_filter(81)])],
        [named("a", [a_filter(80)], "permit", called="block"), named("b", [a_filter(82)], "permit", called="block")],
    ),
    "rules come and go": ([a_rule("a", 80), a_rule("b", 81)], [a_rule("c", 82), a_rule("d", 443)]),
    "everything blocked but one port": (
        [named("rest", [{"source": "any", "destination": "me"}]), named("way", [a_filter(5985)], "permit")],
        [
            named("rest", [{"source": "any", "destination": "me"}]),
            named("way", [a_filter(5985), a_filter(80), a_filter(443)], "permit"),
        ],
    ),
    "lists exchanged": (
        [named("a", [a_filter(80)], list="x"), named("b", [a_filter(81)], "permit", list="y")],
        [named("a", [a_filter(81)], list="y"), named("b", [a_filter(80)], "permit", list="x")],
    ),
    "a tunnel gone": (
        [named("t", [a_filter(80, mirrored=False)], "negotiate", tunnelEndpoint="10.9.9.9"), a_rule("b", 81)],
        [named("t", [a_filter(80, mirrored=False)], "negotiate"), a_rule("b", 82)],
    ),
    "settings and a filter": ([a_rule(port=80)], [a_rule(port=81, active=True), a_rule("idle", 22, active=False)]),
}


@pytest.mark.parametrize("name", STEPS)
def test_no_packet_meets_anything_new_on_the_way(site, name):
    """Behind a stand-in, which nothing is left of."""
    old, new = ({"management": "none", "rules": rules} for rules in STEPS[name])
    state = site.up(HOST_POLICY, "p", old)
    differing, typed = replay(Change(site, state, new))
    assert differing == 2
    assert any(STAND_IN in repr(command) for command in typed)
    assert (active(site), site.dump("add policy ")) == (
        ["p"],
        [line for line in site.dump("add policy ") if '"p"' in line],
    )


@pytest.mark.parametrize("seed", range(5))
def test_random_changes(site, seed):
    """Any few rules for any others, the scenario blocks among them."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable choice, no secret

    def program():
        count = rng.randrange(4)
        rules = [
            named(
                name,
                [
                    a_filter(port, source=rng.choice(["any", *REMOTES]))
                    for port in rng.sample(PORTS[:-1], rng.randrange(3))
                ],
                rng.choice(["block", "permit", "negotiate"]),
                list=f"list {name}",
                called=f"action {name}",
                active=rng.random() < 0.8,
                connectionType=rng.choice(["all", "all", "lan"]),
            )
            for name in rng.sample("abcde", count)
        ]
        blocks = [WORM, {"allowOnly": {"ports": ["tcp/80"]}}, {"isolate": {"exempt": ["10.0.0.1"]}}]
        return {**(rng.choice(blocks) if rng.random() < 0.6 else {}), "rules": rules, "masterPfs": rng.random() < 0.3}

    state = site.up(HOST_POLICY, "p", program())
    for _ in range(3):
        new, before = program(), site.host.dump()
        assert replay(Change(site, state, new))[0] <= 2
        site.host.load(before)
        site.forget()
        state = site.settled(site.up(HOST_POLICY, "p", new, state))
    site.gone(state)
    assert objects(site) == [0, 0, 0, 0]


def test_one_command_that_counts_needs_no_stand_in(site):
    """It is a single step already; names and descriptions do not count."""
    state = site.up(HOST_POLICY, "p", {"management": "none", "rules": [a_rule()]})
    program = {"management": "none", "rules": [a_rule(action="permit", description="x")], "name": "q"}
    differing, typed = replay(Change(site, state, program))
    at_once = site.guess("netsh.assigned_change") == "at_once"
    assert differing == (2 if at_once else 1)  # otherwise it takes the assignment that the writer adds
    assert not any(STAND_IN in repr(command) for command in typed)


@pytest.mark.parametrize("end", range(1, 20, 3))
@pytest.mark.parametrize("name", ["filters of two lists", "rules come and go", "a tunnel gone"])
def test_what_a_dead_run_left_is_finished(site, name, end):
    """Wherever it died: what it made is taken over, no stand-in stays, and everything goes with the policy."""
    old, new = ({"management": "none", "rules": rules} for rules in STEPS[name])
    state = site.up(HOST_POLICY, "p", old)
    site.again()
    change = Change(site, state, new)
    typed = (command for commands in change.batches() for command in commands)
    for command in itertools.islice(typed, end):
        assert site.host.run(command.argument_line(argument))[0] == 0
    site.again()
    state = site.settled(site.up(HOST_POLICY, "p", new, state))
    assert active(site) == ["p"]
    assert objects(site) == [1, len(new["rules"]), len(new["rules"]), len(new["rules"])]
    site.gone(state)
    assert objects(site) == [0, 0, 0, 0]
