"""Finding objects by what a command says about them (spec: ipsec-policy 1.3)."""

from __future__ import annotations

from typing import Final

from winipsec_lab.netsh.arguments import Arguments
from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.store.entries import Entry, identity
from winipsec_lab.store.framing import Switches
from winipsec_lab.store.registry_store import Store
from winipsec_lab.store.values import ACTION, DEFAULT_RESPONSE_TYPE, FILTER_LIST, POLICY, RULE

_MISSING: Final = {POLICY: "no_policy", FILTER_LIST: "no_filter_list", ACTION: "no_action"}
_RESERVED: Final = "all"


def same_name(first: str | None, second: str, switches: Switches) -> bool:
    """Whether two names are one."""
    if first is None:
        return False
    if switches["netsh.name_case"] == "insensitive":
        return first.casefold() == second.casefold()
    return first == second


def by_name(store: Store, kind: str, name: str) -> list[Entry]:
    """All objects of a kind that bear a name; the actions of default response rules have none that counts."""
    return [
        entry
        for entry in store.entries(kind)
        if same_name(entry.name, name, store.switches) and not is_default_action(entry)
    ]


def is_default_action(entry: Entry) -> bool:
    """Whether an action is the private one of a default response rule."""
    return (entry.type_guid or "").lower() == DEFAULT_RESPONSE_TYPE


def only(found: list[Entry], missing: str, switches: Switches) -> Entry:
    """The one object meant; several of one name are a guess of their own."""
    if not found:
        raise Refusal(missing)
    setting = switches["netsh.ambiguous_name"]
    if len(found) > 1 and setting == "refused":
        raise Refusal("ambiguous_name")
    return found[-1 if setting == "last" else 0]


def named(store: Store, kind: str, name: str) -> Entry:
    """The policy, filter list or action of a name."""
    return only(by_name(store, kind, name), _MISSING[kind], store.switches)


def identified(store: Store, kind: str, args: Arguments) -> Entry:
    """The object that `name=` or `guid=` means; with both, both have to fit."""
    if "guid" not in args:
        return named(store, kind, args.get("name"))
    guid = args.get("guid").strip("{}").lower()
    found = [entry for entry in store.entries(kind) if entry.guid.strip("{}").lower() == guid]
    if "name" in args:
        found = [entry for entry in found if same_name(entry.name, args.get("name"), store.switches)]
    return only(found, _MISSING[kind], store.switches)


def new_name(store: Store, kind: str, name: str, *, renamed: Entry | None = None) -> str:
    """A name a new or renamed object may bear.

    Raises:
        Refusal: it is empty, reserved, or taken.
    """
    check_name(name, store.switches)
    taken = [entry for entry in by_name(store, kind, name) if renamed is None or entry.identity != renamed.identity]
    if taken and store.switches["netsh.duplicate_name"] == "refused":
        raise Refusal("exists")
    check_case(name, renamed, store.switches)
    return name


def check_name(name: str, switches: Switches) -> None:
    """Refuse a name that is empty or reserved."""
    if not name:
        raise Refusal("bad_value", tag="name")
    if name.lower() == _RESERVED and switches["netsh.name_all"] == "refused":
        raise Refusal("reserved_name")


def check_case(name: str, renamed: Entry | None, switches: Switches) -> None:
    """Refuse a new name that differs from the old one in case only, where that counts as taken."""
    old = renamed.name if renamed else None
    only_case = old is not None and old != name and old.casefold() == name.casefold()
    if only_case and switches["netsh.rename_case_only"] == "refused":
        raise Refusal("exists")


def described(args: Arguments, old: str | None, switches: Switches) -> str | None:
    """The description after a command."""
    if "description" not in args:
        return old
    if args.get("description"):
        return args.get("description")
    setting = switches["netsh.empty_description"]
    if setting == "refused":
        raise Refusal("bad_value", tag="description")
    return {"clears": None, "empty": "", "keeps": old}[setting]


def default_rule(store: Store, policy: Entry) -> Entry | None:
    """The default response rule of a policy: the one without a filter list."""
    return next((rule for rule in store.rules_of(policy) if is_default_rule(store, rule)), None)


def is_default_rule(store: Store, rule: Entry) -> bool:
    """Whether a rule is a default response rule."""
    action = store.find(rule.action)
    return not rule.filter_lists and (action is None or is_default_action(action))


def numbered_rules(store: Store, policy: Entry) -> list[Entry]:
    """The rules of a policy in the order of their `id`, starting at 1."""
    rules = store.rules_of(policy)
    if store.switches["netsh.rule_id_order"] == "reversed":
        rules.reverse()
    if store.switches["netsh.rule_id_default"] == "not_counted":
        rules = [rule for rule in rules if not is_default_rule(store, rule)]
    return rules


def rule_of(store: Store, policy: Entry, args: Arguments) -> Entry:
    """The rule that `name=` or `id=` means within a policy."""
    numbered = numbered_rules(store, policy)
    if "id" in args:
        text = args.get("id")
        if not (text.isascii() and text.isdigit()):
            raise Refusal("bad_value", tag="id")
        if not 1 <= int(text) <= len(numbered):
            raise Refusal("no_rule")
        return numbered[int(text) - 1]
    found = [rule for rule in numbered if same_name(rule.name, args.get("name"), store.switches)]
    return only(found, "no_rule", store.switches)


def users_of(store: Store, shared: Entry) -> list[Entry]:
    """The rules that use a filter list or an action; whether its owners value or the rules are asked is a guess."""
    if store.switches["netsh.in_use"] == "owners":
        rules = [rule for reference in shared.owners if (rule := store.find(reference))]
    else:
        rules = store.entries(RULE)
    return [rule for rule in rules if shared.identity in map(identity, (*rule.filter_lists, rule.action or ""))]


def touch_policies(store: Store, changed: Entry) -> None:
    """Stamp the policies that a changed object belongs to, if netsh does that."""
    if store.switches["netsh.touch_policy"] == "no":
        return
    rules = [changed] if changed.kind == RULE else users_of(store, changed)
    owners = {identity(reference): reference for rule in rules for reference in rule.owners}
    for reference in owners.values():
        policy = store.find(reference)
        if policy is not None:
            store.write(policy)
