"""From the resources of a stack to the stores of its hosts, as they will be.

Resources are told apart by the host they are for: their `connection`, or their provider where they have none. GUIDs are
not known before anything is made; an object is known by its URN instead, and what refers to it by the dependency that
Pulumi keeps for the property, else by the name that stands there. A host is left out, rather than judged wrongly, where
a rule refers to something outside of the stack, or something is not known yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from winipsec.lint.finding import Finding
from winipsec.lint.subject import Subject
from winipsec.model.filters import FilterList
from winipsec.model.store import Named, Store, named
from winipsec.resources.desired import filter_of

from winipsec_policy.objects import action_of, filter_list_of, plain, policy_of, rule_of

_PACKAGES = ("winipsec:index:", "pulumi-python:dynamic/winipsec:")


class Resource(Protocol):
    """A resource as the policy SDK gives it."""

    resource_type: str
    props: Mapping[str, Any]
    urn: str
    name: str
    provider: Any
    property_dependencies: Mapping[str, Sequence[Resource]]


class OutOfSight(Exception):  # noqa: N818 - the host cannot be judged, which is nobody's error
    """A rule refers to something that is not in the stack."""


@dataclass(frozen=True)
class Host:
    """The store of one host, its objects identified by URN. `lone` has the URNs of single filters by list and index."""

    subject: Subject
    lone: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def urn_of(self, finding: Finding) -> str | None:
        """The resource that a finding is about, as far as the stack has it."""
        index = finding.path.partition("]")[0] + "]"
        return self.lone.get((finding.guid, index)) or (finding.guid or None)


class Hosts:
    """The hosts of a stack, the same ones for all the policies that ask about the same resources.

    Args:
        unknown: What reading a value raises that is not known yet.
    """

    def __init__(self, unknown: type[Exception]) -> None:
        self._unknown = unknown
        self._last: list[Host] = []

    def of(self, resources: Iterable[Resource]) -> list[Host]:
        """Every host that can be judged."""
        try:
            groups = _by_host(item for item in resources if is_ours(item.resource_type))
        except self._unknown:
            return []
        hosts = [host for group in groups.values() for host in self._judged(group)]
        if hosts != self._last:
            self._last = hosts
        return self._last

    def _judged(self, group: Sequence[Resource]) -> Iterator[Host]:
        try:
            yield _host(group)
        except (OutOfSight, self._unknown):
            return


def is_ours(resource_type: str) -> bool:
    """Whether this is a resource of the provider, or the same as a dynamic resource."""
    return resource_type.startswith(_PACKAGES)


def kind_of(resource_type: str) -> str:
    """The type without its package: `FilterList`."""
    return resource_type.rpartition(":")[2]


def lone_subject(resource_type: str, name: str, props: Mapping[str, Any]) -> Subject:
    """A store with nothing but this resource's object, as far as it stands for itself."""
    kind, store = kind_of(resource_type), Store()
    if kind == "FilterList":
        store = store.with_filter_list(filter_list_of(props, name, "urn"))
    elif kind == "Filter":
        store = store.with_filter_list(FilterList(name, (filter_of(plain(props)),), guid="urn"))
    elif kind == "FilterAction":
        store = store.with_filter_action(action_of(props, name, "urn"))
    elif kind == "Policy":
        store = store.with_policy(policy_of(props, name, "urn"))
    return Subject(store)


def _by_host(resources: Iterable[Resource]) -> dict[tuple[str, str, int], list[Resource]]:
    groups: dict[tuple[str, str, int], list[Resource]] = {}
    for item in resources:
        connection = item.props.get("connection") or {}
        host, port = connection.get("host"), connection.get("port")
        provider = "" if host else str(getattr(item.provider, "urn", ""))
        groups.setdefault((provider, str(host or "").lower(), int(port or 0)), []).append(item)
    return groups


def _host(group: Sequence[Resource]) -> Host:
    by_kind: dict[str, list[Resource]] = {}
    for item in group:
        by_kind.setdefault(kind_of(item.resource_type), []).append(item)
    store = Store()
    for item in by_kind.get("Policy", ()):
        store = store.with_policy(policy_of(item.props, item.name, item.urn))
    for item in by_kind.get("FilterList", ()):
        store = store.with_filter_list(filter_list_of(item.props, item.name, item.urn))
    for item in by_kind.get("FilterAction", ()):
        store = store.with_filter_action(action_of(item.props, item.name, item.urn))
    lone: dict[tuple[str, str], str] = {}
    for item in by_kind.get("Filter", ()):
        owner = store.filter_lists[_target(item, "filterList", store.filter_lists)]
        lone[owner.guid, f"filters[{len(owner.filters)}]"] = item.urn
        store = store.with_filter_list(owner.with_filters((*owner.filters, filter_of(plain(item.props)))))
    for item in by_kind.get("Rule", ()):
        guids = (
            _target(item, "policy", store.policies),
            _target(item, "filterList", store.filter_lists),
            _target(item, "filterAction", store.filter_actions),
        )
        store = store.with_rule(rule_of(item.props, item.name, item.urn, *guids))
    for item in by_kind.get("PolicyAssignment", ()):
        store = store.with_active(_target(item, "policy", store.policies))
    return Host(Subject(store), lone)


def _target(item: Resource, name: str, objects: Mapping[str, Named]) -> str:
    """The URN of what a property refers to.

    Raises:
        OutOfSight: it is not in the stack.
    """
    depended = [other.urn for other in item.property_dependencies.get(name, ()) if other.urn in objects]
    if len(depended) == 1:
        return depended[0]
    found = named(objects.values(), str(item.props[name]))
    if len(found) != 1:
        raise OutOfSight(item.urn)
    return found[0].guid
