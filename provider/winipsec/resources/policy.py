"""`Policy`: a policy with its main-mode settings and its default response rule (design 2.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from winipsec.formats import netsh
from winipsec.formats.netsh import Command, RegCommand
from winipsec.host.change import Change as Wish
from winipsec.host.snapshot import Snapshot
from winipsec.model.invalid import Fault
from winipsec.model.methods import DEFAULT_MAIN_MODE_METHODS
from winipsec.model.policies import DefaultRule, Policy, Rule
from winipsec.model.properties import default_rule_properties, main_mode_method_properties, policy_properties
from winipsec.model.store import Store, Unreadable, planned_guid
from winipsec.resources.addressing import addressable
from winipsec.resources.comparison import compare
from winipsec.resources.declaration import Flag, Items, Number, Property, Record
from winipsec.resources.desired import auth_method_of, main_mode_method_of, seconds, security_method_of
from winipsec.resources.doubts import authentication_doubts, lifetime_doubts
from winipsec.resources.fields import (
    AUTH_METHODS,
    CONNECTION_PROPERTY,
    DESCRIPTION,
    MAIN_MODE_METHOD,
    SECURITY_METHODS,
    auth_faults,
    left_out,
    name_property,
)
from winipsec.resources.filter_list import without_connection
from winipsec.resources.import_ids import identified
from winipsec.resources.references import announce
from winipsec.resources.resource import Call, Diff
from winipsec.resources.store_resource import Properties, Sight, StoreResource
from winipsec.resources.wish import Commands, Making, Removing, unmet
from winipsec.resources.wording import said_again, without, worded

KIND = "policy"
_MAX_MINUTES = 0xFFFFFFFF // 60
_MAX_COUNT = 0xFFFFFFFF

DEFAULT_RULE = Record(
    "DefaultRule",
    "The answer to peers that ask for security where no rule says anything.",
    {
        "active": Property(Flag(), "Whether the rule is active. Vista and later ignore it.", default=False),
        "sessionPfs": Property(
            Flag(), "Whether every session key comes from a new Diffie-Hellman exchange.", managed=False
        ),
        "securityMethods": replace(
            SECURITY_METHODS,
            description="Quick-mode offers in order of preference; left alone when left out.",
            managed=False,
        ),
        "authMethods": replace(
            AUTH_METHODS, description="Ways to authenticate in order of preference; left alone when left out."
        ),
    },
)

RECORD = Record(
    "Policy",
    "A policy.",
    {
        "name": name_property(KIND),
        "description": DESCRIPTION,
        "masterPfs": Property(
            Flag(), "Whether every quick mode has a main mode, and so a master key, of its own.", default=False
        ),
        "quickModesPerMainMode": Property(
            Number(0, _MAX_COUNT), "Quick modes per main mode; 0 for no limit.", default=0
        ),
        "mainModeLifetimeMinutes": Property(
            Number(1, _MAX_MINUTES), "Minutes after which main-mode keys are renewed.", default=480
        ),
        "pollingIntervalMinutes": Property(
            Number(1, _MAX_MINUTES), "Minutes between two looks of the host for changes of a policy.", default=180
        ),
        "mainModeMethods": Property(
            Items(MAIN_MODE_METHOD, least=1),
            "Ways to agree on keys in order of preference; 3DES, SHA-1 and group 14 when left out.",
            managed=False,
        ),
        "defaultRule": Property(
            DEFAULT_RULE, "The default response rule; inactive when left out.", default={"active": False}
        ),
        "connection": CONNECTION_PROPERTY,
    },
)


def completed(inputs: Properties, olds: Properties) -> Properties:
    """A policy with its main-mode methods: the default ones, unless it was imported without any."""
    if olds and "mainModeMethods" not in olds:
        return inputs
    return {"mainModeMethods": [main_mode_method_properties(item) for item in DEFAULT_MAIN_MODE_METHODS], **inputs}


class PolicyResource(StoreResource):
    """Policies."""

    token = "winipsec:index:Policy"
    kind = KIND
    description = "A policy: rules refer to it, and one policy of a host is active. It starts unassigned."
    record = RECORD

    def completed(self, inputs: Properties, olds: Properties) -> Properties:
        """Without methods: 3DES, SHA-1, 2048 bits; unless the policy was imported and has none."""
        return completed(inputs, olds)

    def contradictions(self, inputs: Properties, call: Call) -> list[Fault]:
        """No method twice, and no key beside a text that script files cannot carry."""
        return default_rule_faults(inputs)

    def diff(self, id: str, state: Properties, old_inputs: Properties, news: Properties, call: Call) -> Diff:
        """As everywhere; rules hear of a new name."""
        announce(call, news, KIND, id)
        return super().diff(id, state, old_inputs, news, call)

    def find(self, snapshot: Snapshot, id: str, call: Call, state: Properties | None = None) -> Sight | None:
        """The policy with this GUID."""
        found = snapshot.store.policies.get(id)
        return Sight(id, policy_settings(found), {}) if found is not None else None

    def identify(self, snapshot: Snapshot, reference: str) -> str:
        """By GUID or name."""
        return identified(snapshot.store.policies, reference, KIND, snapshot.host)

    def aligned(self, name: str, old: Any, value: Any) -> Any:
        """Of the default rule, what was managed before."""
        if name == "defaultRule" and isinstance(old, dict) and isinstance(value, dict):
            return {key: item for key, item in value.items() if key in old}
        return super().aligned(name, old, value)

    def imported(self, inputs: Properties, call: Call) -> Properties:
        """Keys of the default rule stay out of inputs and of generated code."""
        rule = inputs.get("defaultRule", {})
        why = left_out(rule.get("authMethods", []), "policy's default rule")
        if not why:
            return inputs
        call.log.warning(why)
        return {**inputs, "defaultRule": {name: item for name, item in rule.items() if name != "authMethods"}}

    def alternatives(self, snapshot: Snapshot) -> Sequence[str]:
        """Names, or GUIDs where there is none."""
        return [item.name or item.guid for item in snapshot.store.policies.values()]

    def making(
        self, host: str, inputs: Properties, call: Call, id: str = "", state: Properties | None = None
    ) -> PolicyMaking:
        """The policy as the inputs say."""
        return PolicyMaking(host, call.urn, inputs, id, (state or {}).get("machine", ""))

    def removing(self, host: str, id: str, state: Properties, call: Call) -> PolicyRemoving:
        """The policy gone."""
        return PolicyRemoving(host, call.urn, id, state.get("machine", ""), call.log.warning)

    def made(self, wish: Wish, snapshot: Snapshot, call: Call) -> Sight | None:
        """The policy that was made."""
        return self.find(snapshot, wish.guid, call) if isinstance(wish, PolicyMaking) else None


class PolicyMaking(Making[Policy]):
    """A policy with its settings; its rules are their own resources."""

    kind = KIND

    def __init__(self, host: str, urn: str, inputs: Properties, guid: str, machine: str) -> None:
        super().__init__(host, urn, inputs["name"], guid=guid, machine=machine)
        self.inputs = inputs

    def objects(self, store: Store) -> Mapping[str, Policy]:
        """All policies."""
        return store.policies

    def wanted(self, current: Policy | None) -> Policy:
        """The policy as it should be, given what of it is left alone."""
        inputs = self.inputs
        old = (current.default_rule if current is not None else None) or DefaultRule()
        rule = inputs["defaultRule"]
        methods, auth = rule.get("securityMethods"), rule.get("authMethods")
        methods_of_main_mode = inputs.get("mainModeMethods")
        return Policy(
            name=self.called,
            master_pfs=inputs["masterPfs"],
            quick_modes_per_main_mode=inputs["quickModesPerMainMode"],
            main_mode_lifetime_seconds=seconds(inputs["mainModeLifetimeMinutes"]),
            polling_interval_seconds=seconds(inputs["pollingIntervalMinutes"]),
            main_mode_methods=(
                tuple(main_mode_method_of(item) for item in methods_of_main_mode)
                if methods_of_main_mode is not None
                else (current.main_mode_methods if current is not None else ())
            ),
            default_rule=replace(
                old,
                active=rule["active"],
                session_pfs=rule.get("sessionPfs", old.session_pfs),
                security_methods=(
                    tuple(security_method_of(item) for item in methods) if methods is not None else old.security_methods
                ),
                auth_methods=tuple(auth_method_of(item) for item in auth) if auth is not None else old.auth_methods,
            ),
            description=inputs.get("description", ""),
            guid=current.guid if current is not None else planned_guid(KIND, self.name),
        )

    def additions(self, store: Store) -> tuple[Commands, Store]:
        """The policy, unassigned.

        netsh finds a default rule by the policy's name: what else is to be said of it waits until that policy is known
        to be ours.
        """
        wanted = self.wanted(None)
        return [netsh.add_policy(wanted)], store.with_policy(wanted)

    def corrections(self, current: Policy, store: Store, attempt: int) -> tuple[Commands, Store]:
        """Every setting by GUID; the default rule under the name that holds by then."""
        wanted = self.wanted(current)
        commands: Commands = []
        name = current.name
        if replace(current, default_rule=None) != replace(wanted, default_rule=None):
            # Documents disagree on the unit of the polling interval (spec: ipsec-policy 1.5): a host that took
            # minutes for seconds is told seconds.
            in_seconds = attempt > 0 and current.polling_interval_seconds * 60 == wanted.polling_interval_seconds
            command = netsh.set_policy(current.guid, wanted, polling_in_seconds=in_seconds)
            if attempt == 0 or _is_active(current) == _is_active(wanted):
                # `set defaultrule` says it, and keeps the rule; here it may cost the rule what it holds.
                command = without(command, {"activatedefaultrule"})
            commands, name = worded(command, "ipsecPolicy", current, wanted, attempt)
        if current.default_rule != wanted.default_rule and wanted.default_rule is not None:
            commands.append(said_again(netsh.set_default_rule(name, wanted.default_rule), attempt))
        return commands, store.with_policy(wanted)

    def doubts(self, store: Store) -> dict[str, str]:
        """What some systems may refuse about the default rule."""
        rule = self.wanted(None).default_rule or DefaultRule()
        return {
            **lifetime_doubts(rule.security_methods, "defaultRule.securityMethods"),
            **authentication_doubts(rule.auth_methods, "defaultRule.authMethods"),
        }

    def differences(self, current: Policy, store: Store) -> dict[str, str]:
        """Paths that are not as wanted."""
        return unmet(compare(RECORD, policy_settings(current), without_connection(self.inputs)))

    def proof(self, current: Policy, store: Store) -> Sequence[Command | RegCommand]:
        """The command that made the policy; its default rule may not have been reached.

        A host that takes minutes for seconds stores a sixtieth of what it was told (spec: ipsec-policy 1.5).
        """
        told = self.wanted(None).polling_interval_seconds
        if current.polling_interval_seconds * 60 == told:
            current = replace(current, polling_interval_seconds=told)
        return [netsh.add_policy(current)]


class PolicyRemoving(Removing[Policy]):
    """A policy gone, with whatever rules it still has; unassigned first where it is active."""

    kind = KIND

    def __init__(self, host: str, urn: str, guid: str, machine: str, warn: Callable[[str], None]) -> None:
        super().__init__(host, urn, guid, machine=machine)
        self._warn = warn

    def find(self, store: Store) -> Policy | None:
        """The policy by its GUID."""
        return store.policies.get(self.guid)

    def removals(self, current: Policy, store: Store) -> Commands:
        """Unassign, then delete by a name that means only this one; rules that somebody else put into it go along."""
        found: list[Rule | Unreadable] = [*store.rules_of(current.guid), *store.lost_rules_of(current.guid)]
        rules = [repr(rule.name or rule.guid) for rule in found]
        if rules:
            self._warn(f"{self.host}: the policy {current.name!r} goes with rules still in it: {', '.join(rules)}.")
        commands, name = addressable(store.policies, current, KIND)
        if store.active == current.guid:
            commands.append(netsh.assign_policy(name, assigned=False))
        return [*commands, netsh.delete_policy(name)]


def default_rule_faults(inputs: Properties) -> list[Fault]:
    """What is wrong with the default response rule of a policy."""
    rule, path = inputs["defaultRule"], "defaultRule.securityMethods"
    none = rule.get("securityMethods") == []
    faults = [Fault(path, "needs one at least; left out, those of the host stay")] if none else []
    return [*faults, *auth_faults(rule.get("authMethods", []), "defaultRule.authMethods", {"name": inputs["name"]})]


def policy_settings(policy: Policy) -> Properties:
    """The settings of a policy as users see them; a default rule that is missing reads as one that does nothing."""
    properties = policy_properties(policy)
    properties.setdefault("defaultRule", default_rule_properties(DefaultRule()))
    return properties


def _is_active(policy: Policy) -> bool:
    return policy.default_rule is not None and policy.default_rule.active
