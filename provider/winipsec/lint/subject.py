"""What rules look at: a policy store and what is known of its host."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from winipsec.lint.contest import Contest
from winipsec.model.endpoint import parse_address
from winipsec.model.filters import FilterList
from winipsec.model.methods import AuthMethod, MainModeMethod, SecurityMethod
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Store
from winipsec.traffic.facts import HostFacts, State

SOME_IPV6 = parse_address("2001:db8::5")


class Offer(NamedTuple):
    """One quick-mode offer, its owner, and where it stands there."""

    owner: FilterAction | Policy
    path: str
    method: SecurityMethod


class Case:
    """One policy, judged as if it were in force."""

    def __init__(self, policy: Policy, subject: Subject) -> None:
        self.policy = policy
        self.host = _presuming_ipv6(subject)
        self.state = State(subject.store.with_active(policy.guid), subject.no_default_exempt)
        self.is_assigned = policy.guid == subject.store.active
        self.rules = [rule for rule in subject.store.rules_of(policy.guid) if rule.active]

    @cached_property
    def contest(self) -> Contest:
        """Who decides what."""
        return Contest(self.state, self.host)


@dataclass(frozen=True)
class Subject:
    """A store, and the host it is on as far as that is known.

    `agent` is the state of the IPsec Policy Agent: `running`, `stopped` or `disabled`. `domain_policy` names the policy
    that a domain put in the place of the local one. `has_ipv6` is None where nobody knows.
    """

    store: Store
    no_default_exempt: int | None = None
    host: HostFacts = field(default_factory=HostFacts)
    agent: str = "running"
    domain_policy: str = ""
    has_ipv6: bool | None = None

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """What is judged as a whole: the assigned policy; where none is, each as if it were."""
        active = self.store.active_policy
        judged = [active] if active is not None else self.store.policies.values()
        return tuple(Case(policy, self) for policy in judged)

    def kinds(self) -> Iterator[list[Policy] | list[Rule] | list[FilterList] | list[FilterAction]]:
        """The objects among which names should be unique; the rules of each policy for themselves."""
        yield list(self.store.policies.values())
        for policy in self.store.policies:
            yield self.store.rules_of(policy)
        yield list(self.store.filter_lists.values())
        yield list(self.store.filter_actions.values())

    def action_of(self, rule: Rule) -> FilterAction | None:
        """The filter action of a rule."""
        return self.store.filter_actions.get(rule.filter_action)

    def list_of(self, rule: Rule) -> FilterList | None:
        """The filter list of a rule."""
        return self.store.filter_lists.get(rule.filter_list)

    def negotiates(self, rule: Rule) -> bool:
        """Whether a rule asks for security."""
        action = self.action_of(rule)
        return action is not None and action.action == "negotiate"

    def negotiations(self) -> Iterator[tuple[FilterAction | Policy, str, tuple[SecurityMethod, ...]]]:
        """Every list of quick-mode offers: of actions that negotiate and of active default response rules."""
        for action in self.store.filter_actions.values():
            if action.action == "negotiate":
                yield action, "securityMethods", action.security_methods
        for policy in self.store.policies.values():
            if policy.default_rule is not None and policy.default_rule.active:
                yield policy, "defaultRule.securityMethods", policy.default_rule.security_methods

    def offers(self) -> Iterator[Offer]:
        """Every quick-mode offer that counts."""
        for owner, path, methods in self.negotiations():
            for index, method in enumerate(methods):
                yield Offer(owner, f"{path}[{index}]", method)

    def main_mode(self) -> Iterator[tuple[Policy, str, MainModeMethod]]:
        """Every main-mode method, its policy, and where it stands there."""
        for policy in self.store.policies.values():
            for index, method in enumerate(policy.main_mode_methods):
                yield policy, f"mainModeMethods[{index}]", method

    def authentications(self) -> Iterator[tuple[Rule | Policy, str, tuple[AuthMethod, ...]]]:
        """Every list of authentication methods that counts: of rules that negotiate, of active default rules."""
        for rule in self.store.rules.values():
            if self.negotiates(rule):
                yield rule, "authMethods", rule.auth_methods
        for policy in self.store.policies.values():
            if policy.default_rule is not None and policy.default_rule.active:
                yield policy, "defaultRule.authMethods", policy.default_rule.auth_methods


def _presuming_ipv6(subject: Subject) -> HostFacts:
    """The facts, with one address for all those of IPv6 that nobody knows: a registry tells those of IPv4 only."""
    known = subject.host.addresses
    if known is None or subject.has_ipv6 is False or any(item.version == 6 for item in known):
        return subject.host
    return replace(subject.host, addresses=known | {SOME_IPV6})
