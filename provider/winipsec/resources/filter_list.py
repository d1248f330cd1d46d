"""`FilterList`: a named set of filters, in one round trip for any number of them (design 2.1, 2.2 item 3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from winipsec.formats import netsh
from winipsec.formats.netsh import Command, RegCommand
from winipsec.host.change import Change as Wish
from winipsec.host.change import Plan, Wait
from winipsec.host.snapshot import Snapshot
from winipsec.model.filters import Filter, FilterList, Match, duplicates, in_a_range
from winipsec.model.invalid import Fault, at
from winipsec.model.properties import filter_list_properties
from winipsec.model.store import Store, named, planned_guid
from winipsec.resources.addressing import addressable
from winipsec.resources.comparison import compare, in_order_of
from winipsec.resources.declaration import Items, Property, Record
from winipsec.resources.desired import filter_of
from winipsec.resources.fields import CONNECTION_PROPERTY, DESCRIPTION, FILTER, name_property
from winipsec.resources.import_ids import identified
from winipsec.resources.references import announce
from winipsec.resources.resource import Call, Diff
from winipsec.resources.store_resource import Properties, Sight, StoreResource
from winipsec.resources.wish import Commands, Making, NameTaken, Removing, unmet
from winipsec.resources.wording import worded

KIND = "filter list"
OWNED, ADDED = "filter list with filters", "filter in list"

RECORD = Record(
    "FilterList",
    "A filter list.",
    {
        "name": name_property(KIND),
        "description": DESCRIPTION,
        "filters": Property(
            Items(FILTER, unordered=True),
            "The filters, in any order. Left out, the list keeps the filters it has; given, even empty, it has exactly "
            "these.",
            managed=False,
        ),
        "connection": CONNECTION_PROPERTY,
    },
)


class FilterListResource(StoreResource):
    """Filter lists."""

    token = "winipsec:index:FilterList"
    kind = KIND
    description = (
        "A named set of filters, which any number of rules may share. All its filters travel in one round trip."
    )
    record = RECORD

    def contradictions(self, inputs: Properties, call: Call) -> list[Fault]:
        """No filter twice."""
        return at("filters", duplicates([filter_of(item) for item in inputs.get("filters", [])]))

    def claimed(self, inputs: Properties, call: Call) -> list[Fault]:
        """No `Filter` resource in a list that owns its filters."""
        address = call.provider.address(inputs.get("connection"))
        name = inputs["name"]
        if "filters" not in inputs:
            call.provider.claims.drop(OWNED, address, name, call.urn)
            return []
        call.provider.claims.make(OWNED, address, name, call.urn)
        others = call.provider.claims.others(ADDED, address, name)
        if others:
            reason = f"owns the filters of the list, and {others[0]} adds one; leave filters out, or move it"
            return [Fault("filters", reason)]
        return []

    def diff(self, id: str, state: Properties, old_inputs: Properties, news: Properties, call: Call) -> Diff:
        """As everywhere; single filters hear of a new name."""
        announce(call, news, KIND, id)
        return super().diff(id, state, old_inputs, news, call)

    def find(self, snapshot: Snapshot, id: str, call: Call, state: Properties | None = None) -> Sight | None:
        """The list with this GUID."""
        found = snapshot.store.filter_lists.get(id)
        return Sight(id, filter_list_properties(found), {}) if found is not None else None

    def identify(self, snapshot: Snapshot, reference: str) -> str:
        """By GUID or name."""
        return identified(snapshot.store.filter_lists, reference, KIND, snapshot.host)

    def aligned(self, name: str, old: Any, value: Any) -> Any:
        """Filters in the order in which the user knows them."""
        if name == "filters" and isinstance(old, list):
            return in_order_of(old, value)
        return super().aligned(name, old, value)

    def alternatives(self, snapshot: Snapshot) -> Sequence[str]:
        """Names, or GUIDs where there is none."""
        return [item.name or item.guid for item in snapshot.store.filter_lists.values()]

    def making(
        self, host: str, inputs: Properties, call: Call, id: str = "", state: Properties | None = None
    ) -> FilterListMaking:
        """The list as the inputs say."""
        return FilterListMaking(host, call.urn, inputs, id, (state or {}).get("machine", ""))

    def removing(self, host: str, id: str, state: Properties, call: Call) -> FilterListRemoving:
        """The list gone."""
        return FilterListRemoving(host, call.urn, id, machine=state.get("machine", ""))

    def made(self, wish: Wish, snapshot: Snapshot, call: Call) -> Sight | None:
        """The list that was made."""
        return self.find(snapshot, wish.guid, call) if isinstance(wish, FilterListMaking) else None


class FilterListMaking(Making[FilterList]):
    """A filter list with, where it owns them, exactly its filters."""

    kind = KIND

    def __init__(self, host: str, urn: str, inputs: Properties, guid: str, machine: str) -> None:
        super().__init__(host, urn, inputs["name"], guid=guid, machine=machine)
        self.inputs = inputs
        self._known: FilterList | None = None
        self._taken: NameTaken | None = None
        self._held: Mapping[str, FilterList] = {}
        self.filters = (
            tuple(filter_of(item) for item in inputs["filters"]) if inputs.get("filters") is not None else None
        )

    def plan(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan:
        """As everywhere; a list that netsh made anew, because ours had gone, is taken away again."""
        current = store.filter_lists.get(self.guid)
        if self._known is not None and current is None and (stray := self._stray(store, snapshot)):
            return stray
        self._known = current or self._known
        if self._taken is not None and not self._intrusion(store):
            raise self._taken
        try:
            return super().plan(store, snapshot, attempt)
        except NameTaken as taken:
            self._taken = taken
            self._held = {guid: snapshot.held_lists[guid] for guid in taken.guids if guid in snapshot.held_lists}
            if attempt and (intrusion := self._intrusion(store)):
                return intrusion
            raise
        except Wait as wait:
            # Somebody renamed ours while we wrote: netsh made another list of the old name for our filters.
            if current is None or not attempt or not isinstance(wait.reason, NameTaken):
                raise
            anew = replace(current, name=self.name, guid="")
            if (stray := stray_list(store, snapshot, anew, self.filters or ())) is None:
                raise
            return stray

    def _intrusion(self, store: Store) -> Plan | None:
        """Take our filters out of somebody else's list again: netsh finds lists by name only."""
        commands: Commands = []
        after = store
        for guid, before in self._held.items():
            now = store.filter_lists.get(guid)
            added = Counter(now.filters) - Counter(before.filters) if now is not None else Counter()
            if now is None or not added or Counter(added) - Counter(self.filters or ()):
                continue
            matches = {item.match: item for item in added}
            commands += [netsh.delete_filter(now.name, item) for item in matches.values()]
            commands += [netsh.add_filter(now.name, item) for item in before.filters if item.match in matches]
            after = after.with_filter_list(now.with_filters(before.filters))
        return Plan(after, tuple(commands), (), {"": "filters got into another list"}) if commands else None

    def _stray(self, store: Store, snapshot: Snapshot) -> Plan | None:
        assert self._known is not None  # noqa: S101 - asked for by who knows it
        return stray_list(store, snapshot, replace(self._known, name=self.called), self.filters or ())

    def objects(self, store: Store) -> Mapping[str, FilterList]:
        """All filter lists."""
        return store.filter_lists

    def additions(self, store: Store) -> tuple[Commands, Store]:
        """Add the list, then each filter."""
        wanted = FilterList(
            self.name, self.filters or (), self.inputs.get("description", ""), planned_guid(KIND, self.name)
        )
        return _commands_for(wanted), store.with_filter_list(wanted)

    def corrections(self, current: FilterList, store: Store, attempt: int) -> tuple[Commands, Store]:
        """Rename and describe; add what is missing before deleting what is too much, so that nothing opens."""
        commands, address = addressable(store.filter_lists, current, KIND)
        description = self.inputs.get("description", "")
        wanted = replace(current, name=self.called, description=description)
        if (current.name, current.description) != (self.called, description):
            command = netsh.set_filter_list(current.guid, name=self.called, description=description)
            said, address = worded(command, "ipsecFilter", current, wanted, attempt)
            commands.extend(said)
        if self.filters is not None:
            commands.extend(_filter_commands(address, current.filters, self.filters))
            wanted = wanted.with_filters(self.filters)
        return commands, store.with_filter_list(wanted)

    def opening(self, current: FilterList, store: Store, attempt: int) -> Plan | None:
        """New filters, before old ones go."""
        added = [item for item in self.filters or () if item.match not in {old.match for old in current.filters}]
        if not added:
            return None
        commands, address = addressable(store.filter_lists, current, KIND)
        commands.extend(netsh.add_filter(address, item) for item in added)
        after = store.with_filter_list(current.with_filters([*current.filters, *added]))
        return Plan(after, tuple(commands), (), {"filters": "are not all there"})

    def differences(self, current: FilterList, store: Store) -> dict[str, str]:
        """Paths that are not as wanted."""
        return unmet(compare(RECORD, filter_list_properties(current), without_connection(self.inputs)))

    def proof(self, current: FilterList, store: Store) -> Sequence[Command | RegCommand]:
        """The commands that would have made the list, as far as it got."""
        return _commands_for(current)


class FilterListRemoving(Removing[FilterList]):
    """A filter list gone, once no rule uses it."""

    kind = KIND

    def find(self, store: Store) -> FilterList | None:
        """The list by its GUID."""
        return store.filter_lists.get(self.guid)

    def blockers(self, current: FilterList, store: Store) -> list[str]:
        """The rules that use the list."""
        return users(store, current.guid)

    def removals(self, current: FilterList, store: Store) -> Commands:
        """Delete by a name that means only this one."""
        commands, name = addressable(store.filter_lists, current, KIND)
        return [*commands, netsh.delete_filter_list(name)]


def stray_list(store: Store, snapshot: Snapshot, gone: FilterList, ours: Sequence[Filter]) -> Plan | None:
    """Delete the list that netsh makes, unasked, for filters whose list somebody deleted meanwhile.

    It has the name of the one that is `gone`, appeared while our batch ran, and holds filters of `ours` only.
    """
    if gone.guid in store.filter_lists or snapshot.held is None:
        return None
    for item in named(store.filter_lists.values(), gone.name):
        if item.guid not in snapshot.held and item.filters and not Counter(item.filters) - Counter(ours):
            unmet = {"": f"the filter list {item.name!r} was deleted meanwhile, and came back with our filters only"}
            return Plan(store.without(item.guid), (netsh.delete_filter_list(item.name),), (), unmet)
    return None


def users(store: Store, guid: str) -> list[str]:
    """The rules that use a list or an action, in words."""
    words = []
    for rule in store.users_of(guid):
        policy = store.policies.get(rule.policy)
        words.append(f"rule {rule.name or rule.guid!r} of policy {policy.name if policy else rule.policy!r}")
    return words


def without_connection(inputs: Mapping[str, Any]) -> Properties:
    """Inputs as they concern the store."""
    return {name: item for name, item in inputs.items() if name != "connection"}


def _commands_for(wanted: FilterList) -> Commands:
    return [
        netsh.add_filter_list(wanted.name, wanted.description),
        *(netsh.add_filter(wanted.name, item) for item in wanted.filters),
    ]


def _filter_commands(name: str, old: Sequence[Filter], new: Sequence[Filter]) -> Commands:
    """From the filters there are to those wanted.

    netsh deletes by value, and every filter of that value: where one of them stays, or only gets another description,
    they go and come back one value after the other; everything else comes before anything goes (spec: ipsec-policy
    1.5). Except beside a range: it is stored as subnets too, and which of them are its own is nowhere said, so a filter
    that lies inside one and is otherwise the same could not be told from it (spec: ipsec-policy 5.6).
    """
    missing = list((Counter(new) - Counter(old)).elements())
    going = {item.match: item for item in (Counter(old) - Counter(new)).elements()}
    wanted: dict[Match, list[Filter]] = {}
    for item in new:
        wanted.setdefault(item.match, []).append(item)
    added = [item for item in missing if item.match not in going]
    late = [item for item in added if any(in_a_range(item.match, match) for match in going)]
    commands: Commands = [netsh.add_filter(name, item) for item in added if item not in late]
    commands.extend(netsh.delete_filter(name, item) for match, item in going.items() if match not in wanted)
    commands.extend(netsh.add_filter(name, item) for item in late)
    for match, item in going.items():
        if match in wanted:
            commands.append(netsh.delete_filter(name, item))
            commands.extend(netsh.add_filter(name, again) for again in wanted[match])
    return commands
