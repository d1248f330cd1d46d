"""A policy store in a registry key (spec: ipsec-policy 4).

References stand on both sides: the policy lists its rules and each rule owns up to its policy, a rule names its filter
list and action and both list the rule as owner. The forward side is the truth, because real hosts hold leftovers that
claim an owner which does not know them. `relate` and `unrelate` change both sides at once.

The path inside references is spelled `IPSEC` in upper case although the key is `IPSec`, as real stores have it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import uuid4

from winipsec_lab.machine.registry import Registry, RegistryValue
from winipsec_lab.store.entries import VALUES, Entry, added, identity, removed, split_key
from winipsec_lab.store.framing import Switches
from winipsec_lab.store.values import ACTION, DEFAULT_RESPONSE_TYPE, FILTER_LIST, KINDS, MAIN_MODE, POLICY, RULE

ROOT: Final = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec"
LOCAL: Final = ROOT + r"\Policy\Local"
PERSISTENT: Final = ROOT + r"\Policy\Persistent"
CACHE: Final = ROOT + r"\Policy\Cache"
DOMAIN_POINTER: Final = ROOT + r"\GPTIPSECPolicy"
DATA_TYPE: Final = 0x100

# the forward side of a reference: parent kind, child kind -> field of the parent, and whether it is a list
_FORWARD: Final = {
    (POLICY, MAIN_MODE): ("main_mode", False),
    (POLICY, RULE): ("rules", True),
    (RULE, ACTION): ("action", False),
    (RULE, FILTER_LIST): ("filter_lists", True),
}


class Store:
    """The objects below one registry key.

    Attributes:
        registry: the registry.
        path: the store's key.
        switches: the guesses that decide spellings.
        now: the machine's time in seconds since 1970 UTC.
    """

    def __init__(self, registry: Registry, path: str, switches: Switches, now: Callable[[], float]) -> None:
        self.registry = registry
        self.path = path
        self.switches = switches
        self.now = now

    # ------------------------------------------------------------------ reading

    def entries(self, kind: str | None = None) -> list[Entry]:
        """All objects, or those of one kind, in the order of their keys."""
        with self.registry.lock:
            found = [(name, split_key(name)) for name in self.registry.subkeys(self.path)]
            return [self._read(name, *parts) for name, parts in found if parts and kind in (None, parts[0])]

    def find(self, reference: str | None) -> Entry | None:
        """The object a reference or identity names, or None."""
        name = identity(reference)
        parts = split_key(name)
        if parts is None or not self.registry.has_key(f"{self.path}\\{name}"):
            return None
        spelled = self.registry.spelling(f"{self.path}\\{name}").rsplit("\\", 1)[-1]
        return self._read(spelled, parts[0], spelled[len(parts[0]) :])

    def _read(self, name: str, kind: str, guid: str) -> Entry:
        values = {key.lower(): value.data for key, value in self.registry.values(f"{self.path}\\{name}").items()}
        fields: dict[str, object] = {}
        for value_name, value_type, field in VALUES:
            data = values.get(value_name.lower())
            if value_type == "REG_MULTI_SZ":
                fields[field] = data if isinstance(data, tuple) else ()
            elif isinstance(data, str):
                fields[field] = data
        blob, changed = values.get("ipsecdata"), values.get("whenchanged")
        entry = Entry(kind, guid, blob if isinstance(blob, bytes) else b"", changed if isinstance(changed, int) else 0)
        return entry.changed_to(**fields)

    def rules_of(self, policy: Entry) -> list[Entry]:
        """The rules a policy lists and that exist, in the order of its references."""
        return [rule for reference in policy.rules if (rule := self.find(reference))]

    @property
    def active(self) -> str:
        """The identity of the policy `ActivePolicy` names; empty when nothing is assigned."""
        value = self.registry.get(self.path, "ActivePolicy")
        return identity(value.data) if value and isinstance(value.data, str) else ""

    def reference(self, entry: Entry) -> str:
        """How other objects refer to this one."""
        tail = self.path.rsplit("\\", 1)[-1]
        return rf"SOFTWARE\Policies\Microsoft\Windows\IPSEC\Policy\{tail}\{entry.key}"

    # ------------------------------------------------------------------ writing

    def new_guid(self) -> str:
        """A fresh GUID in braces, in the case of this store."""
        guid = f"{{{uuid4()}}}"
        return guid.upper() if self.switches["netsh.guid_case"] == "upper" else guid

    def write(self, entry: Entry) -> Entry:
        """Store an object under its key and stamp it with the time; returns it as stored."""
        stamped = entry.changed_to(changed=int(self.now()))
        path = f"{self.path}\\{entry.key}"
        with self.registry.lock:
            class_name = "ClassName" if self.switches["netsh.class_name"] == "ClassName" else "className"
            self._put(path, class_name, "REG_SZ", entry.kind)
            self._put(path, "name", "REG_SZ", entry.key)
            self._put(path, "ipsecID", "REG_SZ", entry.guid)
            self._put(path, "ipsecDataType", "REG_DWORD", DATA_TYPE)
            self._put(path, "ipsecData", "REG_BINARY", stamped.data)
            for value_name, value_type, field in VALUES:
                data = getattr(stamped, field)
                if data is None or (data == () and not self._keeps_empty(field)):
                    self.registry.delete_value(path, value_name)
                else:
                    self._put(path, value_name, value_type, data)
            self._put(path, "whenChanged", "REG_DWORD", stamped.changed)
        return stamped

    def _keeps_empty(self, field: str) -> bool:
        return field == "owners" and self.switches["netsh.unused_owners"] == "empty"

    def _put(self, path: str, name: str, value_type: str, data: str | int | bytes | tuple[str, ...]) -> None:
        value = RegistryValue(value_type, data)
        if self.registry.get(path, name) != value:
            self.registry.set(path, name, value)

    def remove(self, entry: Entry) -> None:
        """Delete an object's key; its references are the caller's business."""
        self.registry.delete_key(f"{self.path}\\{entry.key}")

    def assign(self, policy: Entry | None) -> None:
        """Make a policy the active one of this store, or none."""
        if policy is None:
            self.registry.delete_value(self.path, "ActivePolicy")
        else:
            self.registry.set(self.path, "ActivePolicy", RegistryValue("REG_SZ", self.reference(policy)))

    def relate(self, parent: Entry, child: Entry) -> Entry:
        """Let `parent` refer to `child` and `child` to its owner; returns the parent as stored."""
        field, is_list = _FORWARD[parent.kind, child.kind]
        reference = self.reference(child)
        first = self.switches["netsh.rule_references"] == "prepended"
        value = added(getattr(parent, field), reference, first=first) if is_list else reference
        stored = self.write(parent.changed_to(**{field: value}))
        self.write(child.changed_to(owners=added(child.owners, self.reference(parent))))
        return stored

    def unrelate(self, parent: Entry, child: Entry) -> Entry:
        """Take the references between two objects away; returns the parent as stored."""
        field, is_list = _FORWARD[parent.kind, child.kind]
        value = removed(getattr(parent, field), child.identity) if is_list else None
        stored = self.write(parent.changed_to(**{field: value}))
        self.write(child.changed_to(owners=removed(child.owners, parent.identity)))
        return stored

    # ------------------------------------------------------------------ removing with references

    def remove_rule(self, rule: Entry) -> None:
        """Delete a rule and every reference to it; list and action stay, a default response's action goes with it."""
        with self.registry.lock:
            for policy in self.entries(POLICY):
                if rule.identity in map(identity, policy.rules):
                    self.write(policy.changed_to(rules=removed(policy.rules, rule.identity)))
            for reference in (*rule.filter_lists, rule.action):
                child = self.find(reference)
                if child is None:
                    continue
                owners = removed(child.owners, rule.identity)
                if (child.type_guid or "").lower() == DEFAULT_RESPONSE_TYPE and not owners:
                    self.remove(child)
                elif owners != child.owners:
                    self.write(child.changed_to(owners=owners))
            self.remove(rule)

    def remove_policy(self, policy: Entry) -> None:
        """Delete a policy with its rules and main-mode part; shared lists and actions stay."""
        with self.registry.lock:
            for rule in self.rules_of(policy):
                self.remove_rule(rule)
            main_mode = self.find(policy.main_mode)
            if main_mode and not removed(main_mode.owners, policy.identity):
                self.remove(main_mode)
            if self.active == policy.identity:
                self.assign(None)
            self.remove(policy)

    def clear(self, *, orphans: bool) -> None:
        """Delete everything: policies, lists, actions, and what no policy knows if `orphans` says so."""
        with self.registry.lock:
            self.assign(None)
            for policy in self.entries(POLICY):
                self.remove_policy(policy)
            kinds = KINDS if orphans else (FILTER_LIST, ACTION)
            for entry in self.entries():
                if entry.kind in kinds:
                    self.remove(entry)
