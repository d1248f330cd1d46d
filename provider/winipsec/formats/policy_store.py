"""A policy store in the registry, read as one value (spec: ipsec-policy 4).

Five classes of objects lie side by side, each a key named class plus GUID, and point at each other by path. Rules for
reading what real hosts hold:

* A policy's own list says which rules it has. A rule that only claims to belong to a policy is a leftover; so is a
  main-mode part that no policy uses.
* Lists and actions are shared. One that nobody uses is no leftover, except an action of the default-response type,
  which belongs to the default rule of one policy.
* A rule without a filter list is the default rule of its policy, unless it has an ordinary action: then its list is
  lost.
* Nothing in a store is an error here. What cannot be understood is named in `Store.unreadable` with the reason, what
  points nowhere or is pointed at by nobody in `Store.orphans`; all else reads as if they were not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from winipsec.formats.ipsec_data import (
    FILTER,
    ISAKMP,
    NEGOTIATION,
    NFA,
    POLICY,
    BlobError,
    filter_values,
    isakmp,
    negotiation,
    nfa,
    policy,
)
from winipsec.formats.ipsec_data import filter as filter_data
from winipsec.formats.ipsec_data.negotiation import DEFAULT_RESPONSE_TYPE, ORDINARY_TYPE, NegotiationRecord
from winipsec.formats.ipsec_data.nfa import NfaRecord
from winipsec.formats.registry import RegistryTree, RegKey, folded
from winipsec.model.filters import FilterList
from winipsec.model.invalid import Invalid
from winipsec.model.names import as_guid
from winipsec.model.policies import DefaultRule, FilterAction, Policy, Rule
from winipsec.model.store import Orphan, Store, Unreadable

LOCAL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
CACHE = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Cache"

CLASSES = {folded(name): name for name in (POLICY, ISAKMP, NFA, NEGOTIATION, FILTER)}
_OBJECT = re.compile(
    r"(ipsec(?:policy|isakmppolicy|nfa|negotiationpolicy|filter))(\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\})",
    re.IGNORECASE,
)

T = TypeVar("T")


def referred(text: str) -> str:
    """The GUID of the object that a registry path or a distinguished name refers to; empty where it refers to none."""
    match = _OBJECT.search(text)
    return match.group(2).lower() if match else ""


def store_roots(registry: RegistryTree) -> list[str]:
    """The keys that hold policy objects directly, in the order they come: what a `.reg` file may be read as."""
    roots: dict[str, str] = {}
    for key in registry.keys.values():
        parent, _, name = key.path.rpartition("\\")
        if _OBJECT.fullmatch(name):
            roots.setdefault(folded(parent), parent)
    return list(roots.values())


def read_store(registry: RegistryTree, root: str = LOCAL) -> Store:
    """The store below `root`. Never fails: what is broken is reported inside the value."""
    return _Reading(registry, root).store()


def object_key(kind: str, guid: str, root: str = LOCAL) -> str:
    """The path of the key of one object."""
    return f"{root}\\{kind}{guid}"


@dataclass(frozen=True)
class _Object:
    kind: str
    guid: str
    key: RegKey

    @property
    def name(self) -> str:
        return self.key.text("ipsecName")

    @property
    def description(self) -> str:
        return self.key.text("description")

    @property
    def data(self) -> bytes:
        """The blob of this object, if the object is of the class that its key says.

        Raises:
            Invalid: it is of another class, or has no data.
        """
        claimed = self.key.text("className")
        if claimed and folded(claimed) != folded(self.kind):
            raise Invalid(f"its key says {self.kind}, its className {claimed!r}")
        value = self.key.get("ipsecData")
        if value is None:
            raise Invalid("it has no value ipsecData")
        return value.data

    @property
    def is_version_information(self) -> bool:
        """Whether this only tells which Windows made the store."""
        value = self.key.get("ipsecData")
        return value is not None and nfa.is_version_information(value.data)

    def reference(self, name: str) -> str:
        """The GUID that a value refers to; empty where it refers to nothing."""
        return next(iter(self.references(name)), "")

    def references(self, name: str) -> list[str]:
        """The GUIDs that a value refers to, each once."""
        return list(dict.fromkeys(filter(None, map(referred, self.key.strings(name)))))

    def guid_value(self, name: str) -> str:
        """A value that is a GUID itself."""
        return as_guid(self.key.text(name)) or ""


@dataclass
class _Reading:
    """One pass over one store; reports gather on the way."""

    registry: RegistryTree
    root: str
    objects: dict[str, dict[str, _Object]] = field(init=False)
    orphans: list[Orphan] = field(default_factory=list)
    unreadable: dict[tuple[str, str], Unreadable] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.objects = {kind: {} for kind in CLASSES.values()}
        for key in self.registry.children(self.root):
            match = _OBJECT.fullmatch(key.name)
            if match:
                kind, guid = CLASSES[folded(match.group(1))], match.group(2).lower()
                self.objects[kind][guid] = _Object(kind, guid, key)

    def store(self) -> Store:
        lists = dict(self._each(FILTER, self._filter_list))
        negotiations = dict(self._each(NEGOTIATION, lambda item: negotiation.decode(item.data)))
        policies: dict[str, Policy] = {}
        rules: dict[str, Rule] = {}
        defaults: set[str] = set()
        for item in self.objects[POLICY].values():
            default: DefaultRule | None = None
            for guid in item.references("ipsecNFAReference"):
                rule = self._listed_rule(item, guid, {*rules, *defaults})
                if rule is None:
                    continue
                decides = not self._is_default(rule)
                record = self._read(rule, lambda source: nfa.decode(source.data), item.guid if decides else "")
                if record is None:
                    continue
                if decides:
                    rules[guid] = self._rule(rule, record, item.guid, lists, negotiations)
                elif default is None:
                    default = self._default_rule(rule, record, negotiations)
                    defaults.add(guid)
                else:
                    self._loose(rule, f"policy {_shown(item)} has a default response rule already")
            policies[item.guid] = self._policy(item, default)
        self._leftovers({*rules, *defaults})
        actions = dict(self._actions(negotiations, {rule.filter_action for rule in rules.values()}))
        return Store(
            policies=policies,
            rules=rules,
            filter_lists=lists,
            filter_actions=actions,
            active=self._active(),
            orphans=tuple(self.orphans),
            unreadable=tuple(self.unreadable.values()),
        )

    # --- objects ---------------------------------------------------------------------------------------------------

    def _policy(self, item: _Object, default: DefaultRule | None) -> Policy:
        """A policy; what is broken about it keeps its usual value, since its rules count all the same."""
        made = Policy(
            item.name, main_mode_methods=(), default_rule=default, description=item.description, guid=item.guid
        )
        settings = self._read(item, lambda source: policy.decode(source.data))
        if settings is not None:
            made = replace(made, polling_interval_seconds=settings.effective_polling_interval_seconds)
        guid = item.reference("ipsecISAKMPReference")
        part = self.objects[ISAKMP].get(guid)
        if part is None:
            self._dangling(ISAKMP, guid, f"policy {_shown(item)}", item)
            return made
        main_mode = self._read(part, lambda source: isakmp.decode(source.data))
        if main_mode is None:
            return made
        return replace(
            made,
            master_pfs=main_mode.master_pfs,
            quick_modes_per_main_mode=main_mode.quick_mode_limit,
            main_mode_lifetime_seconds=main_mode.effective_lifetime_seconds,
            main_mode_methods=main_mode.main_mode_methods,
        )

    def _listed_rule(self, owner: _Object, guid: str, taken: set[str]) -> _Object | None:
        """The object of a rule that a policy lists, unless it is missing, taken, or no rule."""
        rule = self.objects[NFA].get(guid)
        if rule is None:
            self._dangling(NFA, guid, f"policy {_shown(owner)}", owner)
        elif guid in taken:
            self._loose(rule, f"policy {_shown(owner)} lists it too, but a rule belongs to one policy")
        elif not rule.is_version_information:
            return rule
        return None

    def _rule(
        self,
        item: _Object,
        record: NfaRecord,
        owner: str,
        lists: dict[str, FilterList],
        negotiations: dict[str, NegotiationRecord],
    ) -> Rule:
        filter_list = item.reference("ipsecFilterReference")
        action = item.reference("ipsecNegotiationPolicyReference")
        if len(item.references("ipsecFilterReference")) > 1:
            self._loose(item, f"rule {_shown(item)} names several filter lists; the first is read")
        if filter_list not in lists:
            self._dangling(FILTER, filter_list, f"rule {_shown(item)}", item)
        if action not in negotiations:
            self._dangling(NEGOTIATION, action, f"rule {_shown(item)}", item)
        return Rule(
            name=item.name,
            policy=owner,
            filter_list=filter_list,
            filter_action=action,
            active=record.is_active,
            connection_type=record.connection_type,
            tunnel_endpoint=record.tunnel_endpoint,
            auth_methods=record.auth_methods,
            description=item.description,
            guid=item.guid,
        )

    def _is_default(self, rule: _Object) -> bool:
        if rule.reference("ipsecFilterReference"):
            return False
        action = self.objects[NEGOTIATION].get(rule.reference("ipsecNegotiationPolicyReference"))
        return action is None or action.guid_value("ipsecNegotiationPolicyType") == DEFAULT_RESPONSE_TYPE

    def _default_rule(
        self, item: _Object, record: NfaRecord, negotiations: dict[str, NegotiationRecord]
    ) -> DefaultRule:
        guid = item.reference("ipsecNegotiationPolicyReference")
        offers = negotiations.get(guid)
        if offers is None:
            self._dangling(NEGOTIATION, guid, f"default response rule {item.guid}", item)
        methods = self._read(self.objects[NEGOTIATION][guid], lambda _: offers.security_methods) if offers else None
        return DefaultRule(
            active=record.is_active,
            session_pfs=offers.session_pfs if offers else False,
            security_methods=methods or (),
            auth_methods=record.auth_methods,
            guid=item.guid,
        )

    def _filter_list(self, item: _Object) -> FilterList:
        filters = filter_values.filters(filter_data.decode(item.data))
        return FilterList(item.name, filters, item.description, item.guid)

    def _actions(
        self, negotiations: dict[str, NegotiationRecord], used: set[str]
    ) -> Iterator[tuple[str, FilterAction]]:
        private = {
            item.reference("ipsecNegotiationPolicyReference")
            for item in self.objects[NFA].values()
            if not item.reference("ipsecFilterReference")
        }
        for guid, record in negotiations.items():
            item = self.objects[NEGOTIATION][guid]
            default = item.guid_value("ipsecNegotiationPolicyType") == DEFAULT_RESPONSE_TYPE
            if default and guid not in used:
                if guid not in private:
                    self._loose(item, "no default response rule uses it")
                continue
            action = self._read(item, partial(_filter_action, record=record))
            if action is not None:
                yield guid, action

    # --- reports ---------------------------------------------------------------------------------------------------

    def _each(self, kind: str, read: Callable[[_Object], T]) -> Iterator[tuple[str, T]]:
        for guid, item in self.objects[kind].items():
            value = self._read(item, read)
            if value is not None:
                yield guid, value

    def _read(self, item: _Object, read: Callable[[_Object], T], owner: str = "") -> T | None:
        """What `read` makes of an object, or None and a report; `owner` is the policy whose rule it is."""
        try:
            return read(item)
        except (BlobError, Invalid) as fault:
            self.unreadable[item.kind, item.guid] = Unreadable(item.kind, item.guid, item.name, str(fault), owner)
            return None

    def _loose(self, item: _Object, reason: str) -> None:
        self.orphans.append(Orphan(item.kind, item.guid, item.name, reason))

    def _dangling(self, kind: str, guid: str, owner: str, item: _Object) -> None:
        """Report a reference to nothing, unless the object is there and has been reported as unreadable."""
        if not guid:
            self._loose(item, f"{owner} refers to no {kind}")
        elif guid not in self.objects[kind]:
            self.orphans.append(Orphan(kind, guid, "", f"{owner} refers to it, but it is not in the store"))

    def _leftovers(self, listed: set[str]) -> None:
        reported = {orphan.guid for orphan in self.orphans}
        for guid, item in self.objects[NFA].items():
            known = guid in listed or guid in reported or (NFA, guid) in self.unreadable
            if not known and not item.is_version_information:
                self._loose(item, "no policy lists it")
        used = {item.reference("ipsecISAKMPReference") for item in self.objects[POLICY].values()}
        for guid, item in self.objects[ISAKMP].items():
            if guid not in used:
                self._loose(item, "no policy uses it")

    def _active(self) -> str:
        root = self.registry.key(self.root)
        guid = referred(next(iter(root.strings("ActivePolicy")), "")) if root else ""
        if guid and guid not in self.objects[POLICY]:
            self.orphans.append(Orphan(POLICY, guid, "", "ActivePolicy names it, but it is not in the store"))
            return ""
        return guid


def _shown(item: _Object) -> str:
    return f"{item.name!r} {item.guid}" if item.name else item.guid


def _filter_action(item: _Object, record: NegotiationRecord) -> FilterAction:
    action, kind = item.guid_value("ipsecNegotiationPolicyAction"), item.guid_value("ipsecNegotiationPolicyType")
    if action not in negotiation.ACTIONS:
        raise Invalid(f"its action is {action or 'missing'}, which no document names")
    if kind not in {ORDINARY_TYPE, DEFAULT_RESPONSE_TYPE, ""}:
        raise Invalid(f"its type is {kind}, which no document names")
    word, inbound_pass_through = negotiation.ACTIONS[action]
    if word != "negotiate":
        return FilterAction(item.name, word, description=item.description, guid=item.guid)
    return FilterAction(
        name=item.name,
        action=word,
        security_methods=record.security_methods,
        session_pfs=record.session_pfs,
        inbound_pass_through=inbound_pass_through,
        soft_fallback=record.soft_fallback,
        description=item.description,
        guid=item.guid,
    )
