"""The functions: what a host, or one policy, looks like right now (design 2.1)."""

from __future__ import annotations

from typing import Any

from winipsec.errors import UserError
from winipsec.host.snapshot import Snapshot
from winipsec.model.invalid import Fault
from winipsec.model.properties import (
    filter_action_properties,
    filter_list_properties,
    policy_properties,
    rule_properties,
)
from winipsec.model.store import Store, named
from winipsec.resources.declaration import Flag, Items, Number, Property, Record, Text
from winipsec.resources.fields import CONNECTION_PROPERTY, reference
from winipsec.resources.filter_action import RECORD as FILTER_ACTION
from winipsec.resources.filter_list import RECORD as FILTER_LIST
from winipsec.resources.policy import RECORD as POLICY
from winipsec.resources.resource import Call
from winipsec.resources.rule import RECORD as RULE

Properties = dict[str, Any]

_GUID = Property(Text(), "GUID in the store.", required=True)


def _seen(record: Record, name: str, **more: Property) -> Record:
    properties = {key: item for key, item in record.properties.items() if key != "connection"}
    return Record(name, f"{record.description} As it stands on a host.", {"guid": _GUID, **properties, **more})


RULE_SEEN = _seen(RULE, "RuleState")
POLICY_SEEN = _seen(
    POLICY,
    "PolicyState",
    rules=Property(Items(RULE_SEEN), "Its rules.", required=True),
    assigned=Property(Flag(), "Whether it is the active policy.", required=True),
)
LIST_SEEN = _seen(FILTER_LIST, "FilterListState")
ACTION_SEEN = _seen(FILTER_ACTION, "FilterActionState")

GET_POLICY_INPUTS = Record(
    "GetPolicyArgs",
    "Which policy.",
    {
        "policy": Property(Text(reference), "Name or GUID of the policy; the active one when left out."),
        "connection": CONNECTION_PROPERTY,
    },
)
GET_HOST_INPUTS = Record("GetHostArgs", "Which host.", {"connection": CONNECTION_PROPERTY})
GET_HOST_OUTPUTS = Record(
    "GetHostResult",
    "A host.",
    {
        "name": Property(Text(), "Computer name.", required=True),
        "machine": Property(Text(), "MachineGuid: another one at the same address is another machine.", required=True),
        "addresses": Property(Items(Text()), "Own IPv4 addresses.", required=True),
        "service": Property(
            Text(), "State of the IPsec Policy Agent: `running`, `stopped` or `disabled`.", required=True
        ),
        "noDefaultExempt": Property(Number(0, 3), "Which traffic is exempt from filters; absent if not set."),
        "domainPolicy": Property(Text(), "Path of the domain policy that overrides local ones; absent if none."),
        "activePolicy": Property(Text(), "Name or GUID of the active policy; absent if none."),
        "policies": Property(Items(POLICY_SEEN), "All policies.", required=True),
        "filterLists": Property(Items(LIST_SEEN), "All filter lists.", required=True),
        "filterActions": Property(Items(ACTION_SEEN), "All filter actions.", required=True),
    },
)

FUNCTIONS: dict[str, tuple[str, Record, Record]] = {
    "winipsec:index:getHost": (
        "A Windows host: its policy store and what is in force.",
        GET_HOST_INPUTS,
        GET_HOST_OUTPUTS,
    ),
    "winipsec:index:getPolicy": ("One policy of a host with its rules.", GET_POLICY_INPUTS, POLICY_SEEN),
}


def get_host(args: Properties, call: Call) -> Properties:
    """Everything about one host. Pre-shared keys are left out."""
    snapshot = snapshot_of(checked(GET_HOST_INPUTS, args), call)
    store, machine = snapshot.store, snapshot.machine
    active = store.active_policy
    result: Properties = {
        "name": machine.name,
        "machine": machine.guid,
        "addresses": [str(address) for address in machine.addresses],
        "service": machine.service.value,
        "policies": [_policy(store, guid) for guid in store.policies],
        "filterLists": [{"guid": guid, **filter_list_properties(item)} for guid, item in store.filter_lists.items()],
        "filterActions": [
            {"guid": guid, **filter_action_properties(item)} for guid, item in store.filter_actions.items()
        ],
    }
    if machine.no_default_exempt is not None:
        result["noDefaultExempt"] = machine.no_default_exempt
    if machine.domain_policy:
        result["domainPolicy"] = machine.domain_policy
    if active is not None:
        result["activePolicy"] = active.name or active.guid
    return result


def get_policy(args: Properties, call: Call) -> Properties:
    """One policy, by name or GUID, or the active one. Pre-shared keys are left out."""
    inputs = checked(GET_POLICY_INPUTS, args)
    snapshot = snapshot_of(inputs, call)
    wanted = inputs.get("policy", snapshot.store.active)
    if not wanted:
        raise UserError(
            "no policy is active.", code="policy.none", host=snapshot.host, advice="Name the policy you mean."
        )
    return _policy(snapshot.store, policy_guid(snapshot, wanted, "policy"))


def policy_guid(snapshot: Snapshot, wanted: str, path: str) -> str:
    """The GUID of the one policy that a name or GUID means.

    Raises:
        UserError: there is none, or more than one.
    """
    found = named(snapshot.store.policies.values(), wanted)
    if len(found) == 1:
        return found[0].guid
    several = ", ".join(item.guid for item in found)
    raise UserError(
        f"there are {len(found)} policies of the name {wanted!r}: {several}."
        if found
        else f"there is no policy {wanted!r}.",
        path=path,
        host=snapshot.host,
        advice="Name it by its GUID." if found else "`winipsec show` lists what is there.",
    )


def _policy(store: Store, guid: str) -> Properties:
    rules = [{"guid": rule.guid, **_without_keys(rule_properties(rule, store))} for rule in store.rules_of(guid)]
    properties = policy_properties(store.policies[guid])
    if "defaultRule" in properties:
        properties["defaultRule"] = _without_keys(properties["defaultRule"])
    return {"guid": guid, **properties, "rules": rules, "assigned": store.active == guid}


def _without_keys(properties: Properties) -> Properties:
    methods = [item for item in properties["authMethods"] if "presharedKey" not in item]
    return {**properties, "authMethods": methods}


def checked(record: Record, args: Properties) -> Properties:
    """The arguments of a function in normal form.

    Raises:
        UserError: one of them cannot be.
    """
    faults: list[Fault] = []
    inputs: Properties = record.normal(args, "", faults)
    if faults:
        raise UserError(f"{faults[0].reason}.", path=faults[0].path, code="function.input")
    return inputs


def snapshot_of(inputs: Properties, call: Call) -> Snapshot:
    """The host that the arguments lead to, as it is now.

    Raises:
        WinipsecError: it could not be read.
    """
    return call.provider.host(inputs.get("connection")).read(call.provider.cancelled)
