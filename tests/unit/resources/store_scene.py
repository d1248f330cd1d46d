"""Resources without a host: stores of model values, and a host that takes what a plan says it leads to."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from types import SimpleNamespace

from winipsec.errors import Refused
from winipsec.host.change import Wait
from winipsec.host.host import Host
from winipsec.host.machine import Machine, Service
from winipsec.host.snapshot import Snapshot
from winipsec.model.endpoint import parse_endpoint
from winipsec.model.filters import Filter, FilterList, parse_protocol, port
from winipsec.model.methods import Esp, SecurityMethod
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Store
from winipsec.resources import resources
from winipsec.resources.configuration import Configuration
from winipsec.resources.provider import Provider
from winipsec.resources.resource import Call

PASSWORD = "s3cret-Pa55"
REACHED = {"host": "web1", "username": "CORP\\deploy", "password": PASSWORD}
MACHINE_GUID = "5f1d8a30-0000-4000-8000-00000000c0de"
MACHINE = Machine(guid=MACHINE_GUID, name="WEB1", build=20348)
RESOURCES = {token.rpartition(":")[2]: resource for token, resource in resources().items()}


def guid(number):
    """A GUID that reads well in failures."""
    return f"{{{number:08x}-0000-4000-8000-0000000000aa}}"


POLICY, LIST, ACTION, RULE = guid(0x10), guid(0x20), guid(0x30), guid(0x40)
OTHER_POLICY, OTHER_LIST, OTHER_ACTION, OTHER_RULE = guid(0x11), guid(0x21), guid(0x31), guid(0x41)
ESP = SecurityMethod(esp=Esp("3des", "sha1"))


def a_filter(text, number=0, description=""):
    """The filter of `any>me udp 0 1434 1w`: sides, protocol, ports, and whether it is mirrored (`2w`)."""
    sides, protocol, source_port, destination_port, ways = text.split()
    source, destination = (parse_endpoint(side) for side in sides.split(">"))
    return Filter(
        source,
        destination,
        parse_protocol(protocol),
        port(int(source_port)),
        port(int(destination_port)),
        ways == "2w",
        description,
        guid(number) if number else "",
    )


WORM = a_filter("any>me udp 0 1434 1w", 0x100)
WEB = a_filter("any>me tcp 0 443 2w", 0x101, "web")


def a_store(*items, active=""):
    """A store of these objects, each under its own GUID."""
    store = Store()
    for item in items:
        if isinstance(item, Policy):
            store = store.with_policy(item)
        elif isinstance(item, Rule):
            store = store.with_rule(item)
        elif isinstance(item, FilterList):
            store = store.with_filter_list(item)
        else:
            store = store.with_filter_action(item)
    return store.with_active(active)


def a_list(name="worm", *filters, description="", guid=LIST):
    """A filter list."""
    return FilterList(name, filters, description, guid)


def an_action(name="stop", action="block", guid=ACTION, **more):
    """A filter action."""
    return FilterAction(name, action, guid=guid, **more)


def a_policy(name="P", guid=POLICY, **more):
    """A policy."""
    return Policy(name, guid=guid, **more)


def a_rule(name="in", *, policy=POLICY, filter_list=LIST, filter_action=ACTION, guid=RULE, **more):
    """A rule of the policy."""
    return Rule(name, policy, filter_list, filter_action, guid=guid, **more)


SCENE = a_store(a_policy(), a_list("worm", WORM, WEB), an_action(), a_rule())
"""One policy with one rule, and the list and the action that the rule uses."""


def a_snapshot(store=SCENE, machine=MACHINE, leftovers=(), host="web1"):
    """A host at one moment."""
    folder = "C:\\Windows\\winipsec"
    return Snapshot(host, store, machine, "192.0.2.10", folder, tuple(leftovers), taken=1.0, held=frozenset())


class FakeHost:
    """Stands in for `Host`: takes every plan at its word, and gives GUIDs to what is new, as Windows does.

    `takes` may turn the planned store into what the host makes of it; `error` is raised instead of answering.
    """

    def __init__(self, store=SCENE, *, name="web1", machine=MACHINE, leftovers=(), takes=None):
        self.name = name
        self.store = store
        self.machine = machine
        self.leftovers = tuple(leftovers)
        self.takes = takes or (lambda _before, after: after)
        self.error = None
        self.last = None
        self.commands = []
        self.batches = 0
        self.settled = []
        self.refusal = None
        self._numbers = itertools.count(0xA000)
        self._reader = self
        self.connection = SimpleNamespace(settings=Configuration(REACHED).settings(None))
        self._foreseeing = threading.Lock()
        self._foreseen = None

    @property
    def foreseen(self):
        """What a preview has planned so far."""
        return self._foreseen

    def read(self, cancelled, urn="", log=None, *, updating=False):
        """Look at the host."""
        if self.error is not None:
            raise self.error
        self.last = a_snapshot(self.store, self.machine, self.leftovers, self.name)
        return self.last

    foresee = Host.foresee
    foreseen_cut = Host.foreseen_cut

    def _guard(self, snapshot, before, after):
        return self.refusal

    def apply(self, change, cancelled, timeout=None, *, transaction=None, log=None):
        """Plan until nothing is left to do, as the writer does, three times at most."""
        for attempt in range(3):
            snapshot = self.read(cancelled)
            try:
                plan = change.plan(snapshot.store, snapshot, attempt)
            except Wait as wait:
                raise wait.reason from None
            if not plan.commands:
                return snapshot
            self.commands += plan.commands
            self.batches += 1
            self.store = self.takes(self.store, numbered(plan.after, self._numbers))
        self.read(cancelled)
        raise Refused(f"never satisfied: {plan.unmet}", code="write.not-taken")

    def settle(self, urn):
        """The engine knows."""
        self.settled.append(urn)

    @property
    def lines(self):
        """The commands given so far, one line each."""
        return said(self.commands)


def said(commands):
    """Commands in the words of netsh and reg, keys and all."""
    quote = '"{}"'.format
    return [item.script_line(quote) if hasattr(item, "script_line") else item.argument_line(quote) for item in commands]


def numbered(store, numbers=None):
    """The store as a host would read it back: nothing planned any more, every filter with a GUID of its own."""
    numbers = numbers or itertools.count(0xA000)
    kinds = [store.policies, store.filter_lists, store.filter_actions, store.rules]
    names = {key: guid(next(numbers)) for kind in kinds for key in kind if key.startswith("planned:")}

    def known(key):
        return names.get(key, key)

    def filters(items):
        return tuple(item if item.guid else replace(item, guid=guid(next(numbers))) for item in items)

    return a_store(
        *(replace(item, guid=known(key)) for key, item in store.policies.items()),
        *(replace(item, guid=known(key), filters=filters(item.filters)) for key, item in store.filter_lists.items()),
        *(replace(item, guid=known(key)) for key, item in store.filter_actions.items()),
        *(
            replace(
                item,
                guid=known(key),
                policy=known(item.policy),
                filter_list=known(item.filter_list),
                filter_action=known(item.filter_action),
            )
            for key, item in store.rules.items()
        ),
        active=known(store.active),
    )


class Messages:
    """What the user is told."""

    def __init__(self):
        self.said = []

    def __getattr__(self, level):
        return lambda message, **_: self.said.append((level, message))

    def of(self, level):
        """The messages of one level."""
        return [message for at, message in self.said if at == level]


class SceneProvider(Provider):
    """A provider whose hosts are fakes; everything else is the real one's."""

    def __init__(self, *hosts, **configuration):
        super().__init__(Configuration({**REACHED, **configuration}))
        self.fakes = {host.name: host for host in hosts}

    def host(self, connection):
        """The fake of that name."""
        name = self.configuration.settings(connection).host
        return self.fakes.setdefault(name, FakeHost(name=name))


def a_call(kind, name="it", *, provider=None, preview=False, ignore_changes=()):
    """One request of the engine for one resource."""
    return Call(
        urn=f"urn:pulumi:dev::web::winipsec:index:{kind}::{name}",
        name=name,
        type=f"winipsec:index:{kind}",
        log=Messages(),
        provider=provider or SceneProvider(FakeHost()),
        preview=preview,
        ignore_changes=tuple(ignore_changes),
    )


def checked(kind, news, olds=None, *, call=None, autonaming=None):
    """Inputs in normal form; any mistake fails the test."""
    answer = RESOURCES[kind].check(news, olds or {}, autonaming, call or a_call(kind))
    assert answer.failures == []
    return answer.inputs


def failures(kind, news, olds=None, *, call=None, autonaming=None):
    """The mistakes in inputs, reason by path."""
    return dict(RESOURCES[kind].check(news, olds or {}, autonaming, call or a_call(kind)).failures)


def changes(kind, old, new, *, call=None, id=RULE, state=None):
    """What differs between two sets of checked inputs, the older one recorded as outputs."""
    call = call or a_call(kind)
    outputs = {**old, "machine": MACHINE_GUID, **(state or {})}
    return dict(RESOURCES[kind].diff(id, outputs, old, new, call).changes)


def stopped(machine=MACHINE, service=Service.STOPPED):
    """The machine with its agent in another state."""
    return replace(machine, service=service)


def made(kind, news, host=None):
    """A resource made on a host: its call, id, outputs and inputs."""
    provider = SceneProvider(host or FakeHost(a_store(a_policy(), a_list("worm"), an_action())))
    call = a_call(kind, provider=provider)
    inputs = checked(kind, news, call=call)
    identified = RESOURCES[kind].create(inputs, call)
    return call, identified.id, identified.outputs, inputs


def host_of(call):
    """The fake that the call reaches."""
    return call.provider.fakes["web1"]


def refreshed(kind, made_before):
    """The resource as a refresh finds it."""
    call, id, outputs, inputs = made_before
    return RESOURCES[kind].read(id, outputs, inputs, call)


def drift(kind, made_before):
    """What the next preview shows after a refresh, with the same program."""
    call, id, _, inputs = made_before
    found = refreshed(kind, made_before)
    return changes(kind, found.outputs, inputs, call=call, id=id, state=found.outputs)
