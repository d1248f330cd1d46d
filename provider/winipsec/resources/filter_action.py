"""`FilterAction`: permit, block, or negotiate with offers in order of preference (design 2.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from winipsec.formats import netsh
from winipsec.formats.netsh import Command, RegCommand
from winipsec.host.change import Change as Wish
from winipsec.host.snapshot import Snapshot
from winipsec.model.invalid import Fault
from winipsec.model.methods import DEFAULT_SECURITY_METHODS
from winipsec.model.policies import ACTIONS, FilterAction
from winipsec.model.properties import filter_action_properties, security_method_properties
from winipsec.model.store import Store, planned_guid
from winipsec.resources.addressing import addressable
from winipsec.resources.comparison import compare
from winipsec.resources.declaration import Choice, Flag, Property, Record
from winipsec.resources.desired import security_method_of
from winipsec.resources.doubts import lifetime_doubts
from winipsec.resources.fields import CONNECTION_PROPERTY, DESCRIPTION, SECURITY_METHODS, name_property
from winipsec.resources.filter_list import users, without_connection
from winipsec.resources.import_ids import identified
from winipsec.resources.resource import Call
from winipsec.resources.store_resource import Properties, Sight, StoreResource
from winipsec.resources.wish import Commands, Making, Removing, unmet
from winipsec.resources.wording import worded

KIND = "filter action"
NEGOTIATE = "negotiate"

RECORD = Record(
    "FilterAction",
    "A filter action.",
    {
        "name": name_property(KIND),
        "description": DESCRIPTION,
        "action": Property(
            Choice(ACTIONS), "`permit`, `block`, or `negotiate` for security that peers agree on.", required=True
        ),
        "securityMethods": SECURITY_METHODS,
        "sessionPfs": Property(
            Flag(), "Whether every session key comes from a new Diffie-Hellman exchange.", default=False
        ),
        "inboundPassThrough": Property(
            Flag(), "Whether clear traffic is accepted inbound, and always answered with IPsec.", default=False
        ),
        "softFallback": Property(Flag(), "Whether traffic may go in clear to hosts that have no IPsec.", default=False),
        "connection": CONNECTION_PROPERTY,
    },
)


def completed(inputs: Properties, olds: Properties) -> Properties:
    """An action with its methods: the default ones, unless it was imported without any."""
    if inputs.get("action") in ("permit", "block") and inputs.get("securityMethods") == []:
        return {name: item for name, item in inputs.items() if name != "securityMethods"}
    imported_without = olds.get("action") == NEGOTIATE and "securityMethods" not in olds
    if inputs.get("action") != NEGOTIATE or imported_without:
        return inputs
    return {"securityMethods": [security_method_properties(item) for item in DEFAULT_SECURITY_METHODS], **inputs}


def action_faults(inputs: Properties) -> list[Fault]:
    """Rules between the settings of an action."""
    if inputs["action"] == NEGOTIATE:
        return [Fault("securityMethods", "must not be empty")] if inputs.get("securityMethods") == [] else []
    said = [
        name for name in ("securityMethods", "sessionPfs", "inboundPassThrough", "softFallback") if inputs.get(name)
    ]
    return [Fault(name, f"says something for action negotiate only, not {inputs['action']}") for name in said]


class FilterActionResource(StoreResource):
    """Filter actions."""

    token = "winipsec:index:FilterAction"
    kind = KIND
    description = "What happens to traffic that a filter list matches: it is permitted, blocked, or must be secured."
    record = RECORD

    def completed(self, inputs: Properties, olds: Properties) -> Properties:
        """Negotiation without methods offers ESP with 3DES and SHA-1; permit and block have none to offer."""
        return completed(inputs, olds)

    def contradictions(self, inputs: Properties, call: Call) -> list[Fault]:
        """Settings of negotiation say nothing under permit and block."""
        return action_faults(inputs)

    def find(self, snapshot: Snapshot, id: str, call: Call, state: Properties | None = None) -> Sight | None:
        """The action with this GUID."""
        found = snapshot.store.filter_actions.get(id)
        return Sight(id, action_settings(found), {}) if found is not None else None

    def identify(self, snapshot: Snapshot, reference: str) -> str:
        """By GUID or name."""
        return identified(snapshot.store.filter_actions, reference, KIND, snapshot.host)

    def alternatives(self, snapshot: Snapshot) -> Sequence[str]:
        """Names, or GUIDs where there is none."""
        return [item.name or item.guid for item in snapshot.store.filter_actions.values()]

    def making(
        self, host: str, inputs: Properties, call: Call, id: str = "", state: Properties | None = None
    ) -> FilterActionMaking:
        """The action as the inputs say."""
        return FilterActionMaking(host, call.urn, inputs, id, (state or {}).get("machine", ""))

    def removing(self, host: str, id: str, state: Properties, call: Call) -> FilterActionRemoving:
        """The action gone."""
        return FilterActionRemoving(host, call.urn, id, machine=state.get("machine", ""))

    def made(self, wish: Wish, snapshot: Snapshot, call: Call) -> Sight | None:
        """The action that was made."""
        return self.find(snapshot, wish.guid, call) if isinstance(wish, FilterActionMaking) else None


class FilterActionMaking(Making[FilterAction]):
    """A filter action with all its settings."""

    kind = KIND

    def __init__(self, host: str, urn: str, inputs: Properties, guid: str, machine: str) -> None:
        super().__init__(host, urn, inputs["name"], guid=guid, machine=machine)
        self.inputs = inputs
        self.wanted = FilterAction(
            name=inputs["name"],
            action=inputs["action"],
            security_methods=tuple(security_method_of(item) for item in inputs.get("securityMethods", ())),
            session_pfs=inputs.get("sessionPfs", False),
            inbound_pass_through=inputs.get("inboundPassThrough", False),
            soft_fallback=inputs.get("softFallback", False),
            description=inputs.get("description", ""),
            guid=guid or planned_guid(KIND, inputs["name"]),
        )

    def objects(self, store: Store) -> Mapping[str, FilterAction]:
        """All filter actions."""
        return store.filter_actions

    def additions(self, store: Store) -> tuple[Commands, Store]:
        """One command."""
        return [netsh.add_filter_action(self.wanted)], store.with_filter_action(self.wanted)

    def corrections(self, current: FilterAction, store: Store, attempt: int) -> tuple[Commands, Store]:
        """One command with every setting, by GUID."""
        wanted = replace(self.wanted, guid=current.guid, name=self.called)
        command = netsh.set_filter_action(current.guid, wanted)
        commands, _ = worded(command, "ipsecNegotiationPolicy", current, wanted, attempt)
        return commands, store.with_filter_action(wanted)

    def doubts(self, store: Store) -> dict[str, str]:
        """Lifetimes that some systems may refuse."""
        return lifetime_doubts(self.wanted.security_methods, "securityMethods")

    def differences(self, current: FilterAction, store: Store) -> dict[str, str]:
        """Paths that are not as wanted."""
        return unmet(compare(RECORD, action_settings(current), without_connection(self.inputs)))

    def proof(self, current: FilterAction, store: Store) -> Sequence[Command | RegCommand]:
        """The one command that would have made it."""
        return [netsh.add_filter_action(current)]


class FilterActionRemoving(Removing[FilterAction]):
    """A filter action gone, once no rule uses it."""

    kind = KIND

    def find(self, store: Store) -> FilterAction | None:
        """The action by its GUID."""
        return store.filter_actions.get(self.guid)

    def blockers(self, current: FilterAction, store: Store) -> list[str]:
        """The rules that use the action."""
        return users(store, current.guid)

    def removals(self, current: FilterAction, store: Store) -> Commands:
        """Delete by a name that means only this one."""
        commands, name = addressable(store.filter_actions, current, KIND)
        return [*commands, netsh.delete_filter_action(name)]


def action_settings(action: FilterAction) -> Properties:
    """A filter action as users see it."""
    properties = filter_action_properties(action)
    if action.action != NEGOTIATE or not action.security_methods:
        properties.pop("securityMethods")  # nothing is stored for permit and block (spec: ipsec-policy 5.5)
    return properties
