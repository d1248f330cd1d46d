"""A policy store as a tree for a terminal.

Names and descriptions come from somebody else's machine: they are shown as they are, but nothing in them can steer
the terminal, and a pre-shared key is never among them.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from rich.tree import Tree

from winipsec.cli.store_document import SECRET, by_name
from winipsec.cli.terminal import plain
from winipsec.model.filters import Filter
from winipsec.model.methods import AuthMethod, Kerberos, PresharedKey, RootCa, SecurityMethod
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.properties import minutes
from winipsec.model.store import Named, Orphan, Store, Unreadable

_UNNAMED = "(unnamed)"
_ACTION_STYLES = {"permit": "green", "block": "red", "negotiate": "yellow"}


def store_tree(store: Store, title: str, remarks: Iterable[str] = ()) -> Tree:
    """The whole store below one title; `remarks` follow it."""
    tree = Tree(plain(title, "bold"))
    for remark in remarks:
        tree.add(plain(remark, "yellow"))
    if not store.policies:
        tree.add(plain("no policies"))
    for policy in by_name(store.policies):
        _add_policy(tree, policy, store)
    if store.filter_lists:
        lists = tree.add(plain("filter lists", "bold"))
        for filter_list in by_name(store.filter_lists):
            branch = lists.add(_head(filter_list, _used(store, filter_list.guid)))
            for item in filter_list.filters:
                branch.add(_filter(item))
            if not filter_list.filters:
                branch.add(plain("no filters", "dim"))
    if store.filter_actions:
        actions = tree.add(plain("filter actions", "bold"))
        for action in by_name(store.filter_actions):
            _add_action(actions, action, store)
    _add_reports(tree, "leftovers", store.orphans)
    _add_reports(tree, "unreadable", store.unreadable)
    return tree


def _add_policy(tree: Tree, policy: Policy, store: Store) -> None:
    active = policy.guid == store.active
    branch = tree.add(_head(policy, "active" if active else "", kind="policy "))
    branch.add(plain(_main_mode(policy)))
    rules = {rule.guid: rule for rule in store.rules_of(policy.guid)}
    for rule in by_name(rules):
        _add_rule(branch, rule, store)
    if not rules:
        branch.add(plain("no rules", "dim"))
    if policy.default_rule is not None and policy.default_rule.active:
        default = branch.add(plain("default response rule"))
        default.add(plain(f"auth {_auth(policy.default_rule.auth_methods)}"))
        for method in policy.default_rule.security_methods:
            default.add(plain(_offer(method)))


def _main_mode(policy: Policy) -> str:
    methods = ", ".join(f"{m.encryption}-{m.integrity}-{m.dh_group}" for m in policy.main_mode_methods) or "no methods"
    parts = [
        f"main mode {methods}",
        f"lifetime {minutes(policy.main_mode_lifetime_seconds):g} min",
        f"polling {minutes(policy.polling_interval_seconds):g} min",
    ]
    if policy.quick_modes_per_main_mode:
        parts.append(f"{policy.quick_modes_per_main_mode} quick modes per main mode")
    if policy.master_pfs:
        parts.append("master PFS")
    return ", ".join(parts)


def _add_rule(branch: Tree, rule: Rule, store: Store) -> None:
    head = _head(rule, "" if rule.active else "inactive", kind="rule ")
    node = branch.add(head)
    action = store.filter_actions.get(rule.filter_action)
    filter_list = store.filter_lists.get(rule.filter_list)
    line = Text()
    if action is None:
        line.append_text(plain("missing action", "red"))
    else:
        line.append_text(plain(action.action, _ACTION_STYLES.get(action.action, "")))
        line.append_text(plain(f" by {_name(action)}"))
    if filter_list is None:
        line.append_text(plain(" on a missing filter list", "red"))
    else:
        count = len(filter_list.filters)
        line.append_text(plain(f" on {_name(filter_list)} ({count} filter{'' if count == 1 else 's'})"))
    node.add(line)
    details = [f"auth {_auth(rule.auth_methods)}"]
    if rule.tunnel_endpoint:
        details.append(f"tunnel to {rule.tunnel_endpoint}")
    if rule.connection_type != "all":
        details.append(f"only {rule.connection_type}")
    node.add(plain(", ".join(details)))


def _add_action(actions: Tree, action: FilterAction, store: Store) -> None:
    branch = actions.add(_head(action, _used(store, action.guid)))
    line = plain(action.action, _ACTION_STYLES.get(action.action, ""))
    for flag, words in (
        (action.inbound_pass_through, "accepts clear inbound"),
        (action.soft_fallback, "falls back to clear"),
        (action.session_pfs, "session PFS"),
    ):
        if flag:
            line.append_text(plain(f", {words}"))
    branch.add(line)
    for method in action.security_methods:
        branch.add(plain(_offer(method)))


def _add_reports(tree: Tree, title: str, reports: Iterable[Orphan | Unreadable]) -> None:
    items = list(reports)
    if items:
        branch = tree.add(plain(title, "bold yellow"))
        for item in items:
            name = f" {item.name!r}" if item.name else ""
            branch.add(plain(f"{item.kind}{item.guid}{name}: {item.reason}"))


def _filter(item: Filter) -> Text:
    line = plain(str(item))
    if item.description:
        line.append_text(plain(f"  {item.description}", "dim italic"))
    return line


def _offer(method: SecurityMethod) -> str:
    parts = []
    if method.ah is not None:
        parts.append(f"AH {method.ah}")
    if method.esp is not None:
        parts.append(f"ESP {method.esp.encryption}-{method.esp.integrity}")
    life = f"{method.lifetime_kilobytes or 'default'} kB, {method.lifetime_seconds or 'default'} s"
    return f"{' + '.join(parts) or 'nothing'} ({life})"


def _auth(methods: Iterable[AuthMethod]) -> str:
    return ", then ".join(_auth_method(method) for method in methods) or "by nothing"


def _auth_method(method: AuthMethod) -> str:
    if isinstance(method, Kerberos):
        return "Kerberos"
    if isinstance(method, PresharedKey):
        return f"pre-shared key {SECRET}"
    if isinstance(method, RootCa):
        return f"certificate below {method.name!r}"
    return f"unknown method {method.type}"


def _used(store: Store, guid: str) -> str:
    return "" if store.users_of(guid) else "unused"


def _name(item: Named) -> str:
    return repr(item.name) if item.name else item.guid


def _head(item: Named, state: str, kind: str = "") -> Text:
    line = plain(kind)
    line.append_text(plain(item.name or _UNNAMED, "bold cyan"))
    if state:
        line.append_text(plain(f" ({state})", "bold green" if state == "active" else "dim"))
    line.append_text(plain(f" {item.guid}", "dim"))
    if item.description:
        line.append_text(plain(f"  {item.description}", "dim italic"))
    return line
