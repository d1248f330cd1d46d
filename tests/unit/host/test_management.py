"""The guard: no change closes the way over which a host is managed (design 2.2, item 12)."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from winipsec.errors import Refused
from winipsec.host.machine import Machine, Service
from winipsec.host.management import facts, guard, listening_ports
from winipsec.host.settings import ConnectionSettings
from winipsec.host.snapshot import Snapshot
from winipsec.model.endpoint import ANY, ME, Kind, parse_endpoint
from winipsec.model.filters import Filter, FilterList, port
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Store
from winipsec.traffic.facts import Generation

MACHINE = Machine(guid="m", addresses=(ip_address("10.0.0.5"),), no_default_exempt=3, build=20348)
HTTP = ConnectionSettings("web1", "user", "password")
HTTPS = replace(HTTP, https=True)
OPEN = Store().with_policy(Policy("P", guid="{p}"))


def with_rule(store, name, action, *filters, policy="{p}"):
    """The store with one more rule of these filters."""
    return (
        store.with_filter_action(FilterAction(action, action, guid=f"{{{action}}}"))
        .with_filter_list(FilterList(name, filters, guid=f"{{l-{name}}}"))
        .with_rule(Rule(name, policy, f"{{l-{name}}}", f"{{{action}}}", guid=f"{{r-{name}}}"))
    )


def winrm(number=5985, source=ANY):
    """Whoever comes to this port."""
    return Filter(source, ME, 6, port(0), port(number))


EVERYTHING = Filter(ANY, ME)
BLOCKING = with_rule(OPEN, "all", "block", EVERYTHING)
PERMITTING = with_rule(BLOCKING, "winrm", "permit", winrm())


def asked(before, after, settings=HTTP, machine=MACHINE, client="192.0.2.10"):
    """What the guard says."""
    return guard(Snapshot("web1", before, machine, client), settings, before, after)


def test_assigning_a_block_of_everything_is_refused():
    """With the rule that does it, the port to permit, and the way to insist."""
    refused = asked(BLOCKING, BLOCKING.with_active("{p}"))
    assert isinstance(refused, Refused)
    assert refused.code == "management.cut"
    assert refused.host == "web1"
    assert "'all'" in str(refused)
    assert "192.0.2.10" in str(refused)
    assert "port 5985" in refused.advice
    assert "allowManagementCut" in refused.advice


def test_what_permits_our_port_may_come_into_force():
    """Most specific wins."""
    assert asked(PERMITTING, PERMITTING.with_active("{p}")) is None


def test_what_is_not_in_force_may_be_anything():
    """Policies that nobody assigned, and their rules."""
    assert asked(OPEN, BLOCKING) is None
    other = with_rule(OPEN.with_active("{p}"), "all", "block", EVERYTHING, policy="{other}")
    assert asked(OPEN.with_active("{p}"), other) is None


@pytest.mark.parametrize(
    "after",
    [
        BLOCKING,
        replace(
            PERMITTING, rules={**PERMITTING.rules, "{r-winrm}": replace(PERMITTING.rules["{r-winrm}"], active=False)}
        ),
        PERMITTING.with_filter_list(FilterList("winrm", (), guid="{l-winrm}")),
        PERMITTING.with_filter_list(FilterList("winrm", (winrm(443),), guid="{l-winrm}")),
        PERMITTING.with_filter_action(FilterAction("permit", "block", guid="{permit}")),
        with_rule(PERMITTING, "us", "block", winrm(source=parse_endpoint("192.0.2.10"))),
    ],
)
def test_any_change_of_what_is_in_force_is_judged(after):
    """Of its rules, its lists, its actions; not only of the assignment."""
    assert asked(PERMITTING.with_active("{p}"), after.with_active("{p}")) is not None


def test_a_change_that_leaves_the_way_open_passes():
    """A worm's port, a rename, a policy taken out of force."""
    active = PERMITTING.with_active("{p}")
    worm = with_rule(active, "worm", "block", Filter(ANY, ME, 17, port(0), port(1434)))
    assert asked(active, worm) is None
    assert asked(active, active.with_policy(Policy("renamed", guid="{p}"))) is None
    assert asked(active, active.with_active("")) is None
    assert asked(active, active.without("{p}")) is None


def test_a_way_that_is_closed_already_is_not_closed():
    """Whoever reaches the host by another way may go on."""
    active = BLOCKING.with_active("{p}")
    assert asked(active, with_rule(active, "more", "block", winrm())) is None


@pytest.mark.parametrize("service", [Service.STOPPED, Service.DISABLED])
def test_a_write_that_starts_the_service_brings_the_policy_into_force(service):
    """The active policy did nothing so far; any change, even of something else, would make it close the way."""
    machine = replace(MACHINE, service=service)
    active = BLOCKING.with_active("{p}")
    elsewhere = active.with_filter_list(FilterList("unused", guid="{u}"))
    assert asked(active, elsewhere, machine=machine) is not None
    assert asked(active, elsewhere) is None
    permitting = PERMITTING.with_active("{p}")
    assert asked(permitting, permitting.with_filter_list(FilterList("unused", guid="{u}")), machine=machine) is None


def test_a_client_whose_address_is_not_known_is_anybody():
    """Not somebody whom a filter names by chance."""
    active = PERMITTING.with_active("{p}")
    assert asked(PERMITTING, active, client="") is None
    only_us = with_rule(BLOCKING, "winrm", "permit", winrm(source=parse_endpoint("192.0.2.10")))
    assert asked(only_us, only_us.with_active("{p}")) is None
    assert asked(only_us, only_us.with_active("{p}"), client="") is not None
    assert asked(only_us, only_us.with_active("{p}"), client="nonsense") is not None


def test_the_port_is_the_one_of_our_transport():
    """5986 with HTTPS, or the one that is set."""
    for settings, number in ((HTTPS, 5986), (HTTP, 5985)):
        store = with_rule(BLOCKING, "winrm", "permit", winrm(number))
        other = with_rule(BLOCKING, "winrm", "permit", winrm(5985 + 5986 - number))
        assert asked(store, store.with_active("{p}"), settings) is None
        refused = asked(other, other.with_active("{p}"), settings)
        assert f"port {number}" in refused.advice


@pytest.mark.parametrize(
    ("settings", "listeners", "ports"),
    [
        (HTTP, {}, [5985]),
        (HTTPS, {}, [5986]),
        (replace(HTTP, port=15985), {"http": 5985}, [5985]),
        (replace(HTTPS, port=443), {"http": 5985, "https": 5986}, [5986]),
        (replace(HTTP, port=8080), {"http": 8080}, [8080]),
        (replace(HTTP, port=5986), {"http": 5986}, [5986]),
        (replace(HTTP, port=15985), {}, [5985, 15985]),
    ],
)
def test_the_host_knows_on_which_port_it_listens(settings, listeners, ports):
    """Something on the way may forward another one."""
    assert listening_ports(replace(MACHINE, listeners=listeners), settings) == ports


@pytest.mark.parametrize(("closed", "refused"), [((5985,), True), ((15985,), True), ((80,), False)])
def test_where_the_port_is_not_known_each_that_it_may_be_stays_open(closed, refused):
    """A host that tells no listeners, reached through a port that something may forward."""
    settings = replace(HTTP, port=15985)
    after = with_rule(OPEN, "ports", "block", *map(winrm, closed))
    found = asked(after, after.with_active("{p}"), settings)
    assert (found is not None) is refused
    assert found is None or f"port {closed[0]}" in found.advice
    known = replace(MACHINE, listeners={"http": 5985})
    assert (asked(after, after.with_active("{p}"), settings, known) is not None) is (closed == (5985,))


def test_the_engine_is_told_what_the_registry_knows():
    """What it does not tell is unknown, not empty."""
    machine = replace(MACHINE, dns_servers=(ip_address("10.0.0.1"),), gateways=(ip_address("10.0.0.254"),))
    found = facts(machine)
    assert found.addresses == {ip_address("10.0.0.5")}
    assert found.servers == {Kind.DNS: {ip_address("10.0.0.1")}, Kind.GATEWAY: {ip_address("10.0.0.254")}}
    assert found.generation is Generation.VISTA
    assert facts(replace(MACHINE, addresses=())).addresses is None
    assert facts(replace(MACHINE, build=3790)).generation is Generation.SERVER_2003
