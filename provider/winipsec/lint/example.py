"""The examples of the rules, in few words: `example(sketch("Web", PERMIT, "tcp any <-> me port 80"))`.

A filter is written as it is shown everywhere: protocol, source, arrow (`->` one way, `<->` mirrored), destination,
and `port N` behind the side it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from winipsec.lint.subject import Subject
from winipsec.model.endpoint import parse_endpoint
from winipsec.model.filters import Filter, FilterList, parse_protocol, port
from winipsec.model.invalid import Invalid
from winipsec.model.methods import AuthMethod, Esp, MainModeMethod, SecurityMethod
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Orphan, Store, Unreadable, planned_guid

_FILTER = re.compile(
    r"(?P<protocol>\S+) (?P<source>\S+)(?: port (?P<source_port>\d+))? (?P<arrow><?->) "
    r"(?P<destination>\S+)(?: port (?P<destination_port>\d+))?"
)

PERMIT = FilterAction("Permit", "permit")
BLOCK = FilterAction("Block", "block")
REQUIRE = FilterAction("Require", security_methods=(SecurityMethod(esp=Esp("none", "sha1")),))
ENCRYPT = FilterAction("Encrypt", security_methods=(SecurityMethod(esp=Esp("3des", "sha1")),))
POLICY = Policy("Protection", description="What this host is protected from, and who looks after it")


@dataclass(frozen=True)
class Sketch:
    """A rule with its action and the filters of its list; `fields` are further fields of the rule."""

    name: str
    action: FilterAction
    filters: tuple[Filter, ...]
    filter_list: str
    fields: dict[str, Any] = field(default_factory=dict)


def sketch(name: str, action: FilterAction, *filters: str | Filter, filter_list: str = "", **fields: Any) -> Sketch:
    """A rule, its list named like it unless `filter_list` says otherwise."""
    items = tuple(parse_filter(item) if isinstance(item, str) else item for item in filters)
    return Sketch(name, action, items, filter_list or name, fields)


def example(
    *sketches: Sketch,
    policy: Policy = POLICY,
    assigned: bool = True,
    besides: Sequence[Policy | FilterList | FilterAction] = (),
    **facts: Any,
) -> Subject:
    """A store with one policy of these rules, and other objects `besides`; `facts` are those of the subject."""
    policy = replace(policy, guid=planned_guid("policy", policy.name))
    store = Store().with_policy(policy)
    for item in sketches:
        action = replace(item.action, guid=planned_guid("action", item.action.name))
        filter_list = FilterList(item.filter_list, item.filters, guid=planned_guid("list", item.filter_list))
        made = Rule(
            item.name, policy.guid, filter_list.guid, action.guid, guid=planned_guid("rule", item.name), **item.fields
        )
        store = store.with_filter_action(action).with_filter_list(filter_list).with_rule(made)
    for number, other in enumerate(besides):
        guid = planned_guid("other", str(number))
        if isinstance(other, Policy):
            store = store.with_policy(replace(other, guid=guid))
        elif isinstance(other, FilterList):
            store = store.with_filter_list(replace(other, guid=guid))
        else:
            store = store.with_filter_action(replace(other, guid=guid))
    return Subject(store.with_active(policy.guid if assigned else ""), **facts)


def offering(*methods: SecurityMethod) -> Subject:
    """An action with these offers, in a policy."""
    return example(sketch("Secure", replace(ENCRYPT, security_methods=methods), "tcp any <-> me port 1433"))


def agreeing(*methods: MainModeMethod) -> Subject:
    """A policy with these main-mode methods."""
    return example(
        sketch("Database", ENCRYPT, "tcp any <-> me port 1433"), policy=replace(POLICY, main_mode_methods=methods)
    )


def trusting(*methods: AuthMethod) -> Subject:
    """A rule with these ways to authenticate, in a policy."""
    return example(sketch("Database", ENCRYPT, "tcp any <-> me port 1433", auth_methods=methods))


def without(kind: str, subject: Subject) -> Subject:
    """The same with every object of one kind (`list`, `action`) lost, though rules refer to it."""
    lists = {} if kind == "list" else subject.store.filter_lists
    actions = {} if kind == "action" else subject.store.filter_actions
    return replace(subject, store=replace(subject.store, filter_lists=lists, filter_actions=actions))


def reporting(subject: Subject, report: Orphan | Unreadable) -> Subject:
    """The same, in a store whose reading came upon something."""
    if isinstance(report, Orphan):
        return replace(subject, store=replace(subject.store, orphans=(report,)))
    return replace(subject, store=replace(subject.store, unreadable=(report,)))


def parse_filter(text: str) -> Filter:
    """Read a filter.

    Raises:
        Invalid: the text is none.
    """
    match = _FILTER.fullmatch(text)
    if match is None:
        raise Invalid(f"{text!r} is not a filter; write: tcp any <-> me port 80")
    return Filter(
        parse_endpoint(match["source"]),
        parse_endpoint(match["destination"]),
        parse_protocol(match["protocol"]),
        port(int(match["source_port"] or 0)),
        port(int(match["destination_port"] or 0)),
        match["arrow"] == "<->",
    )
