"""A subject in few lines of text: the examples as the page of rules prints them.

Only what differs from the usual is said, so that the point of an example is not lost in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from winipsec.lint.example import POLICY
from winipsec.lint.subject import Subject
from winipsec.model.methods import AuthMethod, Kerberos, PresharedKey, RootCa, SecurityMethod
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Orphan, Unreadable

_SHOWN = 4


def outline(subject: Subject) -> Iterator[str]:
    """The lines of one example."""
    store = subject.store
    yield from _host(subject)
    for policy in store.policies.values():
        state = "" if policy.guid == store.active else ", not assigned"
        yield f'policy "{policy.name}"{state}{_settings(policy)}'
        for rule in store.rules_of(policy.guid):
            yield from _rule(rule, subject)
    for filter_list in store.filter_lists.values():
        if not store.users_of(filter_list.guid):
            yield f'filter list "{filter_list.name}", used by no rule'
            yield from _filters(map(str, filter_list.filters), "  ")
    for action in store.filter_actions.values():
        if not store.users_of(action.guid):
            yield f'filter action "{action.name}" ({action.action}), used by no rule'
    reports: tuple[Orphan | Unreadable, ...] = (*store.orphans, *store.unreadable)
    yield from (f"{item.kind}{item.guid}: {item.reason}" for item in reports)


def _host(subject: Subject) -> Iterator[str]:
    host = subject.host
    if host.addresses is not None:
        yield f"host with the address {', '.join(map(str, sorted(host.addresses, key=int)))}"
    for word, servers in host.servers.items():
        yield f"host with the {word.value} server {', '.join(map(str, servers))}"
    if subject.has_ipv6 is False:
        yield "host without IPv6"
    if subject.no_default_exempt is not None:
        yield f"NoDefaultExempt {subject.no_default_exempt}"
    if subject.agent != "running":
        yield f"IPsec Policy Agent {subject.agent}"
    if subject.domain_policy:
        yield f"domain policy {subject.domain_policy}"


def _settings(policy: Policy) -> str:
    words = []
    if policy.main_mode_methods != POLICY.main_mode_methods:
        methods = (f"{item.encryption}-{item.integrity}-{item.dh_group}" for item in policy.main_mode_methods)
        words.append("main mode " + ", ".join(methods))
    if policy.main_mode_lifetime_seconds != POLICY.main_mode_lifetime_seconds:
        words.append(f"main-mode lifetime {policy.main_mode_lifetime_seconds // 60} minutes")
    if policy.default_rule is not None and policy.default_rule.active:
        words.append("default response active")
    if not policy.description:
        words.append("no description")
    return "".join(f", {word}" for word in words)


def _rule(rule: Rule, subject: Subject) -> Iterator[str]:
    action, filter_list = subject.action_of(rule), subject.list_of(rule)
    words = [_action(action) if action is not None else "missing filter action"]
    if not rule.active:
        words.append("inactive")
    if rule.connection_type != "all":
        words.append(f"{rule.connection_type} only")
    if rule.tunnel_endpoint:
        words.append(f"tunnel to {rule.tunnel_endpoint}")
    if rule.auth_methods != (Kerberos(),):
        words.append("authenticated by " + (", ".join(map(_authentication, rule.auth_methods)) or "nothing"))
    if filter_list is None:
        words.append("missing filter list")
    elif filter_list.name != rule.name:
        words.append(f'filter list "{filter_list.name}"')
    yield f'  rule "{rule.name}": {", ".join(words)}'
    if filter_list is not None:
        yield from _filters(map(str, filter_list.filters), "    ")


def _filters(texts: Iterable[str], indent: str) -> Iterator[str]:
    lines = list(texts)
    yield from (indent + line for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield f"{indent}and {len(lines) - _SHOWN} more"


def _action(action: FilterAction) -> str:
    if action.action != "negotiate":
        return action.action
    words = ["negotiate " + (", ".join(map(_offer, action.security_methods)) or "nothing")]
    flags = (
        (action.session_pfs, "session PFS"),
        (action.soft_fallback, "soft fall back"),
        (action.inbound_pass_through, "inbound pass-through"),
    )
    return ", ".join([*words, *(word for flag, word in flags if flag)])


def _offer(method: SecurityMethod) -> str:
    parts = [f"AH[{method.ah}]"] if method.ah is not None else []
    if method.esp is not None:
        parts.append(f"ESP[{method.esp.encryption},{method.esp.integrity}]")
    usual = SecurityMethod()
    if method.lifetime_seconds != usual.lifetime_seconds:
        parts.append(f"for {method.lifetime_seconds} s")
    if method.lifetime_kilobytes != usual.lifetime_kilobytes:
        parts.append(f"for {method.lifetime_kilobytes} kB")
    return " ".join(parts)


def _authentication(method: AuthMethod) -> str:
    if isinstance(method, PresharedKey):
        return f"a pre-shared key of {len(method.key)} characters"
    if isinstance(method, RootCa):
        return f"certificates below {method.name}" + (" with mapping" if method.certificate_mapping else "")
    return "Kerberos" if isinstance(method, Kerberos) else "an unknown method"
