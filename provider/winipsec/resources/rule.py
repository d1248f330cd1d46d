"""`Rule`: what a policy does with one filter list (design 2.1; spec: ipsec-policy 1.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from winipsec.errors import Refused
from winipsec.formats import netsh
from winipsec.formats.netsh import Command, RegCommand
from winipsec.host.change import Change as Wish
from winipsec.host.change import Plan, Wait
from winipsec.host.snapshot import Snapshot
from winipsec.model.endpoint import parse_address
from winipsec.model.invalid import Fault, Invalid
from winipsec.model.methods import DEFAULT_AUTH_METHODS, PresharedKey
from winipsec.model.policies import CONNECTION_TYPES, Rule
from winipsec.model.properties import auth_method_properties, rule_properties
from winipsec.model.store import Named, Store, named, planned_guid
from winipsec.resources.addressing import addressable
from winipsec.resources.comparison import compare
from winipsec.resources.declaration import Choice, Flag, Property, Record, Text
from winipsec.resources.desired import auth_method_of
from winipsec.resources.doubts import authentication_doubts, tunnel_doubts
from winipsec.resources.fields import (
    AUTH_METHODS,
    CONNECTION_PROPERTY,
    DESCRIPTION,
    auth_faults,
    left_out,
    name_property,
    plain_text,
    reference,
)
from winipsec.resources.filter_list import without_connection
from winipsec.resources.import_ids import identified, sole
from winipsec.resources.references import same_object
from winipsec.resources.resource import Call, Change, Diff
from winipsec.resources.store_resource import Properties, Sight, StoreResource
from winipsec.resources.wish import Commands, Making, Removing, resolve, unmet
from winipsec.resources.wording import worded

KIND = "rule"
POLICY_GUID, LIST_GUID, ACTION_GUID = "policyGuid", "filterListGuid", "filterActionGuid"


_DNS_NAME = re.compile(r"(?=.*[A-Za-z])[\w-]{1,63}(\.[\w-]{1,63})*\.?")
_NO_ENDPOINTS = frozenset({"any", "me", "dns", "wins", "dhcp", "gateway"})


def _tunnel(value: str) -> str:
    try:
        address = parse_address(value)
    except Invalid:
        if not value.strip():
            raise Invalid("is empty; leave it out for a rule without a tunnel") from None
        if _DNS_NAME.fullmatch(plain_text(value)) is None or value.lower() in _NO_ENDPOINTS:
            raise Invalid("must be the address or the DNS name of one host") from None
        return value
    if address.is_unspecified:
        raise Invalid(f"{value.strip()!r} is no host's address; leave it out for a rule without a tunnel")
    return str(address)


RECORD = Record(
    "Rule",
    "A rule.",
    {
        "name": name_property(KIND),
        "description": DESCRIPTION,
        "policy": Property(
            Text(reference, names=True),
            "Name or GUID of the policy. Another policy needs another rule.",
            required=True,
            replaces=True,
        ),
        "filterList": Property(
            Text(reference, names=True), "Name or GUID of the filter list the rule applies to.", required=True
        ),
        "filterAction": Property(
            Text(reference, names=True), "Name or GUID of the filter action the rule applies.", required=True
        ),
        "active": Property(Flag(), "Whether the rule is active.", default=True),
        "connectionType": Property(
            Choice(CONNECTION_TYPES), "The connections it applies to: `all`, `lan` or `dialup`.", default="all"
        ),
        "tunnelEndpoint": Property(
            Text(_tunnel), "Address or DNS name of the tunnel's far end; transport mode when left out."
        ),
        "authMethods": AUTH_METHODS,
        "connection": CONNECTION_PROPERTY,
    },
)


def completed(inputs: Properties, olds: Properties) -> Properties:
    """A rule with its ways to authenticate: Kerberos, unless it was imported without showing its own."""
    if olds and "authMethods" not in olds:
        return inputs
    return {"authMethods": [auth_method_properties(item) for item in DEFAULT_AUTH_METHODS], **inputs}


class RuleResource(StoreResource):
    """Rules."""

    token = "winipsec:index:Rule"
    kind = KIND
    description = "A rule of a policy: a filter list, and the filter action for the traffic it matches."
    record = RECORD
    outputs: Mapping[str, str] = {
        POLICY_GUID: "GUID of the policy.",
        LIST_GUID: "GUID of the filter list.",
        ACTION_GUID: "GUID of the filter action.",
    }

    def completed(self, inputs: Properties, olds: Properties) -> Properties:
        """Without methods: Kerberos, unless the rule was imported without showing its own."""
        return completed(inputs, olds)

    def contradictions(self, inputs: Properties, call: Call) -> list[Fault]:
        """No method twice, and no key beside a text that script files cannot carry."""
        texts = {name: inputs[name] for name in ("name", "policy", "filterList", "filterAction")}
        texts.update({name: inputs[name] for name in ("description", "tunnelEndpoint") if name in inputs})
        return auth_faults(inputs.get("authMethods", []), "authMethods", texts)

    def diff(self, id: str, state: Properties, old_inputs: Properties, news: Properties, call: Call) -> Diff:
        """As everywhere; a policy that was only renamed is the same, a removed tunnel needs another rule.

        A rule in place of itself, in the same policy under the same name, cannot stand beside the old one.
        """
        found = super().diff(id, state, old_inputs, news, call)
        changes = dict(found.changes)
        if "policy" in changes and same_object(call, news, "policy", news["policy"], state.get(POLICY_GUID)):
            changes["policy"] = Change.UPDATE
        if changes.get("tunnelEndpoint") is Change.DELETE:
            changes["tunnelEndpoint"] = Change.DELETE_REPLACE
        moves = changes.get("policy") in {Change.UPDATE_REPLACE, Change.ADD_REPLACE}
        return found._replace(
            changes=changes,
            delete_before_replace=not moves and any(kind.replaces for kind in changes.values()),
        )

    def find(self, snapshot: Snapshot, id: str, call: Call, state: Properties | None = None) -> Sight | None:
        """The rule with this GUID."""
        rule = snapshot.store.rules.get(id)
        if rule is None:
            return None
        guids = {"policy": rule.policy, "filterList": rule.filter_list, "filterAction": rule.filter_action}
        outputs = {POLICY_GUID: rule.policy, LIST_GUID: rule.filter_list, ACTION_GUID: rule.filter_action}
        return Sight(id, rule_properties(rule, snapshot.store), outputs, guids)

    def identify(self, snapshot: Snapshot, reference: str) -> str:
        """By GUID, by `POLICY/RULE`, or by a name that only one rule of the host has."""
        store = snapshot.store
        if reference in store.rules:
            return reference
        found: dict[str, Rule] = {}
        for at in (index for index, letter in enumerate(reference) if letter == "/"):
            for policy in named(store.policies.values(), reference[:at]):
                found.update({rule.guid: rule for rule in named(store.rules_of(policy.guid), reference[at + 1 :])})
        if found:
            return sole(list(found.values()), reference, KIND, snapshot.host)
        return identified(store.rules, reference, KIND, snapshot.host)

    def imported(self, inputs: Properties, call: Call) -> Properties:
        """Keys stay out of inputs and of generated code."""
        why = left_out(inputs.get("authMethods", []), KIND)
        if not why:
            return inputs
        call.log.warning(why)
        return {name: item for name, item in inputs.items() if name != "authMethods"}

    def alternatives(self, snapshot: Snapshot) -> Sequence[str]:
        """`POLICY/RULE`, with GUIDs where there are no names."""
        store = snapshot.store
        owners = {guid: policy.name or guid for guid, policy in store.policies.items()}
        return [f"{owners[rule.policy]}/{rule.name or rule.guid}" for rule in store.rules.values()]

    def making(
        self, host: str, inputs: Properties, call: Call, id: str = "", state: Properties | None = None
    ) -> RuleMaking:
        """The rule as the inputs say."""
        return RuleMaking(host, call.urn, inputs, id, (state or {}).get("machine", ""), state)

    def removing(self, host: str, id: str, state: Properties, call: Call) -> RuleRemoving:
        """The rule gone."""
        return RuleRemoving(host, call.urn, id, machine=state.get("machine", ""))

    def made(self, wish: Wish, snapshot: Snapshot, call: Call) -> Sight | None:
        """The rule that was made."""
        return self.find(snapshot, wish.guid, call) if isinstance(wish, RuleMaking) else None


class RuleMaking(Making[Rule]):
    """A rule of one policy."""

    kind = KIND

    def __init__(
        self, host: str, urn: str, inputs: Properties, guid: str, machine: str, state: Properties | None = None
    ) -> None:
        super().__init__(host, urn, inputs["name"], guid=guid, machine=machine)
        self.inputs = inputs
        self.state = state or {}
        self.policy = ""
        self.filter_list = ""
        self.filter_action = ""

    def prepare(self, store: Store) -> None:
        """Find the policy, the list and the action."""
        self.policy = self._meant(store.policies, "policy", "policy")
        self.filter_list = self._meant(store.filter_lists, "filterList", "filter list")
        self.filter_action = self._meant(store.filter_actions, "filterAction", "filter action")

    def _meant(self, objects: Mapping[str, Named], path: str, kind: str) -> str:
        known = self.state.get(f"{path}Guid")
        return resolve(objects, self.inputs[path], path=path, kind=kind, host=self.host, known=known).guid

    def plan(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan:
        """As everywhere; what a host refuses on a list without filters waits for filters.

        Raises:
            Wait: it was refused, and the list has no filters.
        """
        plan = super().plan(store, snapshot, attempt)
        if attempt and list(plan.unmet) == [""] and not store.filter_lists[self.filter_list].filters:
            raise Wait(
                Refused(
                    f"filterList: {self.inputs['filterList']!r} has no filters yet, and the host refuses a rule on it.",
                    code="reference.empty",
                    host=self.host,
                    advice="Give the list a filter first.",
                )
            )
        return plan

    def objects(self, store: Store) -> Mapping[str, Rule]:
        """The rules of the policy."""
        return {rule.guid: rule for rule in store.rules_of(self.policy)}

    def wanted(self, current: Rule | None) -> Rule:
        """The rule as it should be, given what of it is left alone."""
        auth = self.inputs.get("authMethods")
        left = current.auth_methods if current is not None else DEFAULT_AUTH_METHODS
        return Rule(
            name=self.called,
            policy=self.policy,
            filter_list=self.filter_list,
            filter_action=self.filter_action,
            active=self.inputs["active"],
            connection_type=self.inputs["connectionType"],
            tunnel_endpoint=self.inputs.get("tunnelEndpoint", ""),
            auth_methods=tuple(auth_method_of(item) for item in auth) if auth is not None else left,
            description=self.inputs.get("description", ""),
            guid=current.guid if current is not None else planned_guid(KIND, f"{self.policy}/{self.name}"),
        )

    def additions(self, store: Store) -> tuple[Commands, Store]:
        """One command, once everything it names can be named."""
        wanted = self.wanted(None)
        commands, names = self._names(store)
        return [*commands, netsh.add_rule(wanted, **names)], store.with_rule(wanted)

    def corrections(self, current: Rule, store: Store, attempt: int) -> tuple[Commands, Store]:
        """One command with every setting, under the name the rule has now."""
        wanted = self.wanted(current)
        commands, names = self._names(store)
        own, name = addressable(self.objects(store), current, KIND)
        said, _ = worded(netsh.set_rule(name, wanted, **names), "ipsecNFA", current, wanted, attempt)
        return [*commands, *own, *said], store.with_rule(wanted)

    def doubts(self, store: Store) -> dict[str, str]:
        """What some systems may refuse about methods and tunnels."""
        wanted = self.wanted(None)
        filters = store.filter_lists[self.filter_list].filters
        return {**authentication_doubts(wanted.auth_methods, "authMethods"), **tunnel_doubts(wanted, filters)}

    def _names(self, store: Store) -> tuple[Commands, dict[str, str]]:
        policy, first = addressable(store.policies, store.policies[self.policy], "policy")[::-1]
        filter_list, second = addressable(store.filter_lists, store.filter_lists[self.filter_list], "filter list")[::-1]
        action, third = addressable(store.filter_actions, store.filter_actions[self.filter_action], "filter action")[
            ::-1
        ]
        return [*first, *second, *third], {"policy": policy, "filter_list": filter_list, "filter_action": action}

    def differences(self, current: Rule, store: Store) -> dict[str, str]:
        """Paths that are not as wanted."""
        wanted = self.wanted(current)
        found = rule_properties(current, store)
        inputs: dict[str, Any] = {**without_connection(self.inputs)}
        for name, mine, theirs in (
            ("policy", wanted.policy, current.policy),
            ("filterList", wanted.filter_list, current.filter_list),
            ("filterAction", wanted.filter_action, current.filter_action),
        ):
            found[name], inputs[name] = theirs, mine
        return unmet(compare(RECORD, found, inputs))

    def proof(self, current: Rule, store: Store) -> Sequence[Command | RegCommand]:
        """The one command that would have made it, and a key that is the one wanted."""
        keys = [item for item in current.auth_methods if isinstance(item, PresharedKey)]
        if keys != [item for item in self.wanted(None).auth_methods if isinstance(item, PresharedKey)]:
            raise Invalid("the key is another one")
        _, names = self._names(store)
        return [netsh.add_rule(current, **names)]


class RuleRemoving(Removing[Rule]):
    """A rule gone; its list and its action stay."""

    kind = KIND

    def find(self, store: Store) -> Rule | None:
        """The rule by its GUID."""
        return store.rules.get(self.guid)

    def removals(self, current: Rule, store: Store) -> Commands:
        """Delete by names that mean only this rule of this policy."""
        first, policy = addressable(store.policies, store.policies[current.policy], "policy")
        rules = {rule.guid: rule for rule in store.rules_of(current.policy)}
        second, name = addressable(rules, current, KIND)
        return [*first, *second, netsh.delete_rule(name, policy)]
