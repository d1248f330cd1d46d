"""From the resources of a stack to the stores of its hosts, as the policy SDK hands them over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from winipsec.lint.catalog import lint
from winipsec.lint.finding import about
from winipsec.model.methods import Esp, Kerberos, PresharedKey, RootCa, SecurityMethod
from winipsec_policy.stack import Hosts, is_ours, lone_subject


class Unknown(Exception):  # noqa: N818 - what the SDK raises
    """A value is not known yet."""


UNKNOWN = object()


class Proxy(Mapping):
    """Neither a dictionary nor eager: reading what is not known raises."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, key: str) -> Any:
        if self._values[key] is UNKNOWN:
            raise Unknown
        return wrapped(self._values[key])

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class ListProxy(Sequence):
    """As `Proxy`, of a list."""

    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def __getitem__(self, index: int) -> Any:
        if self._values[index] is UNKNOWN:
            raise Unknown
        return wrapped(self._values[index])

    def __len__(self) -> int:
        return len(self._values)


def wrapped(value: Any) -> Any:
    """Values as the SDK gives them: proxies, and floating point for every number."""
    if isinstance(value, dict):
        return Proxy(value)
    if isinstance(value, list):
        return ListProxy(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@dataclass
class Provider:
    """The provider of a resource."""

    urn: str


@dataclass
class Made:
    """A resource of the stack."""

    kind: str
    name: str
    values: dict[str, Any]
    provider: Provider | None = None
    property_dependencies: dict[str, list[Any]] = field(default_factory=dict)
    package: str = "winipsec:index:"

    @property
    def resource_type(self) -> str:
        """The type as it is registered."""
        return self.package + self.kind

    @property
    def urn(self) -> str:
        """What identifies it."""
        return f"urn:{self.kind}:{self.name}"

    @property
    def props(self) -> Proxy:
        """Its properties."""
        return Proxy(self.values)


SQL = {"source": "any", "destination": "me", "protocol": "tcp", "sourcePort": 0, "destinationPort": 1521}


def stack(
    *, package: str = "winipsec:index:", provider: Provider | None = None, **changes: dict[str, Any]
) -> list[Made]:
    """A policy with one rule; `changes` replace properties of the resource of that name."""
    items = [
        ("Policy", "policy", {"name": "Protection", "description": "D", "mainModeLifetimeMinutes": 600}),
        ("FilterList", "list", {"name": "Sql", "filters": [SQL]}),
        ("FilterAction", "action", {"name": "Block", "action": "block"}),
        ("Rule", "rule", {"name": "R", "policy": "protection", "filterList": "SQL", "filterAction": "Block"}),
        ("PolicyAssignment", "active", {"policy": "Protection", "machine": UNKNOWN}),
    ]
    return [
        Made(kind, name, {**values, **changes.get(name, {})}, provider, package=package) for kind, name, values in items
    ]


def hosts_of(resources: list[Made]) -> list[Any]:
    """The hosts that can be judged."""
    return Hosts(Unknown).of(resources)


@pytest.mark.parametrize("package", ["winipsec:index:", "pulumi-python:dynamic/winipsec:"])
def test_a_stack_becomes_a_store(package):
    """Names meet without case, numbers are whole again, URNs stand for GUIDs; dynamic resources are the same."""
    (host,) = hosts_of(stack(package=package))
    store = host.subject.store
    assert store.active_policy is store.policies["urn:Policy:policy"]
    assert store.active_policy.main_mode_lifetime_seconds == 36_000
    (rule,) = store.rules.values()
    assert (rule.filter_list, rule.filter_action) == ("urn:FilterList:list", "urn:FilterAction:action")
    assert str(store.filter_lists["urn:FilterList:list"].filters[0]) == "tcp any <-> me port 1521"
    assert rule.auth_methods == (Kerberos(),)
    assert {report.rule.id for report in lint(host.subject)} == set()


def test_what_is_left_out_has_the_providers_default():
    """A name is that of the resource, an action that negotiates offers 3DES and SHA-1, the default rule sleeps."""
    (host,) = hosts_of(stack(action={"action": "negotiate", "name": None}, rule={"filterAction": "action"}))
    (action,) = host.subject.store.filter_actions.values()
    assert (action.name, action.security_methods) == ("action", (SecurityMethod(esp=Esp("3des", "sha1")),))
    assert host.subject.store.active_policy.default_rule.active is False


def test_every_property_that_rules_look_at_arrives():
    """Methods, flags, tunnel, connection type, authentication, default rule."""
    offer = {
        "ah": "md5",
        "esp": {"encryption": "des", "integrity": "none"},
        "lifetimeKilobytes": 5,
        "lifetimeSeconds": 7,
    }
    (host,) = hosts_of(
        stack(
            action={
                "action": "negotiate",
                "securityMethods": [offer],
                "sessionPfs": True,
                "inboundPassThrough": True,
                "softFallback": True,
            },
            rule={
                "active": False,
                "connectionType": "lan",
                "tunnelEndpoint": "192.0.2.1",
                "authMethods": [{"presharedKey": "k"}, {"rootCa": {"name": "CN=R", "certificateMapping": True}}],
            },
            policy={
                "masterPfs": True,
                "quickModesPerMainMode": 3,
                "mainModeMethods": [{"encryption": "des", "integrity": "md5", "dhGroup": "group1"}],
                "defaultRule": {"active": True, "securityMethods": [offer], "authMethods": [{"kerberos": True}]},
            },
        )
    )
    store = host.subject.store
    (action,), (rule,), policy = store.filter_actions.values(), store.rules.values(), store.active_policy
    method = SecurityMethod("md5", Esp("des", "none"), 5, 7)
    assert action.security_methods == policy.default_rule.security_methods == (method,)
    assert (action.session_pfs, action.inbound_pass_through, action.soft_fallback) == (True, True, True)
    assert (rule.active, rule.connection_type, rule.tunnel_endpoint) == (False, "lan", "192.0.2.1")
    assert rule.auth_methods == (PresharedKey("k"), RootCa("CN=R", certificate_mapping=True))
    assert (policy.master_pfs, policy.quick_modes_per_main_mode, policy.default_rule.active) == (True, 3, True)
    assert [(m.encryption, m.integrity, m.dh_group) for m in policy.main_mode_methods] == [("des", "md5", "group1")]


def test_hosts_are_kept_apart():
    """By connection, without regard to capitals; by provider where there is none."""
    one = {name: {"connection": {"host": "WEB1", "port": 5985}} for name in ("policy", "list", "action", "rule")}
    one["active"] = {"connection": {"host": "web1", "port": 5985, "password": "p"}}
    other = [*stack(provider=Provider("urn:a")), *stack(provider=Provider("urn:b"))]
    assert len(hosts_of([*stack(**one), *other])) == 3


def test_a_reference_is_followed_by_its_dependency_where_its_value_is_not_known():
    """The id of a list that is not made yet."""
    resources = stack(rule={"filterList": UNKNOWN})
    rule = next(item for item in resources if item.kind == "Rule")
    rule.property_dependencies["filterList"] = [item for item in resources if item.kind in {"FilterList", "Policy"}]
    (host,) = hosts_of(resources)
    assert [item.filter_list for item in host.subject.store.rules.values()] == ["urn:FilterList:list"]


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": {"filterList": "made by hand"}},
        {"rule": {"filterAction": "{00000000-0000-4000-8000-000000000001}"}},
        {"active": {"policy": "another"}},
        {"rule": {"filterList": UNKNOWN}},
        {"list": {"filters": UNKNOWN}},
        {"list": {"filters": [{**SQL, "source": UNKNOWN}]}},
        {"action": {"action": UNKNOWN}},
    ],
)
def test_a_host_is_left_out_where_something_is_out_of_sight(changes):
    """Half a policy would be judged wrongly; other hosts are judged all the same."""
    whole = stack(provider=Provider("urn:other"))
    assert len(hosts_of([*stack(**changes), *whole])) == 1


def test_nothing_is_judged_while_it_is_not_known_which_host_is_which():
    """The address of a machine that is just being made."""
    assert hosts_of(stack(rule={"connection": {"host": UNKNOWN}})) == []


def test_single_filters_join_their_list_and_answer_for_themselves():
    """A finding about one names its own resource, one about a filter of the list the list."""
    lone = Made("Filter", "hole", {**SQL, "filterList": "sql", "source": "10.0.0.0/8"})
    (host,) = hosts_of([*stack(), lone])
    (filter_list,) = host.subject.store.filter_lists.values()
    assert [str(item) for item in filter_list.filters] == [
        "tcp any <-> me port 1521",
        "tcp 10.0.0.0/8 <-> me port 1521",
    ]
    at = about(filter_list, "filters[1].source", "is tested")
    assert host.urn_of(at) == lone.urn
    assert host.urn_of(at._replace(path="filters[0]")) == filter_list.guid
    assert host.urn_of(at._replace(guid="", path="")) is None


def test_equal_stacks_are_worked_out_once():
    """Every policy asks anew; the same resources give the same subject, another gives another."""
    hosts = Hosts(Unknown)
    first = hosts.of(stack())
    assert hosts.of(stack())[0] is first[0]
    assert hosts.of(stack(list={"filters": []}))[0] is not first[0]


@pytest.mark.parametrize(
    ("kind", "values", "rule"),
    [
        ("FilterAction", {"action": "negotiate", "softFallback": True}, "WIP406"),
        ("FilterList", {"filters": [SQL, SQL]}, "WIP305"),
        ("Filter", {**SQL, "protocol": "icmp"}, "WIP315"),
        ("Policy", {"description": "D", "mainModeLifetimeMinutes": 2_000}, "WIP114"),
    ],
)
def test_a_lone_resource_is_judged_for_itself(kind, values, rule):
    """Whatever it refers to, and whoever refers to it."""
    subject = lone_subject(f"winipsec:index:{kind}", "name", Proxy(values))
    assert rule in {report.rule.id for report in lint(subject)}


def test_other_resources_are_none_of_ours():
    """Neither are rules or assignments objects that stand for themselves."""
    assert not is_ours("aws:ec2/instance:Instance")
    assert lone_subject("winipsec:index:Rule", "name", Proxy({})).store.rules == {}
    assert hosts_of([Made("Instance", "i", {"host": UNKNOWN}, package="aws:ec2/instance:")]) == []
