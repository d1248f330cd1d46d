"""`Filter`: one filter in a list that others also edit (design 2.1, 2.2 items 2 and 3).

netsh has no `set filter`: every field but the description makes a new filter, which is added before the old one goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from winipsec.errors import Conflict, Refused, WinipsecError
from winipsec.formats import netsh
from winipsec.host.change import Change as Wish
from winipsec.host.change import Plan
from winipsec.host.leftovers import Intent
from winipsec.host.snapshot import Snapshot
from winipsec.model.filters import Filter, FilterList, in_a_range
from winipsec.model.invalid import Fault
from winipsec.model.names import as_guid, folded
from winipsec.model.properties import filter_properties, reference
from winipsec.model.store import Store, named
from winipsec.resources import fields
from winipsec.resources.addressing import addressable
from winipsec.resources.comparison import compare
from winipsec.resources.declaration import Property, Record, Text
from winipsec.resources.desired import filter_of
from winipsec.resources.filter_list import ADDED, OWNED, stray_list, without_connection
from winipsec.resources.filter_list import KIND as LIST
from winipsec.resources.provenance import Provenance
from winipsec.resources.references import same_object
from winipsec.resources.resource import Call, Change, Diff
from winipsec.resources.store_resource import Properties, Sight, StoreResource
from winipsec.resources.values import contains_unknown
from winipsec.resources.wish import exists, resolve, same_machine, unmet

KIND = "filter"
LIST_ID = "filterListGuid"

RECORD = Record(
    "FilterArgs",
    "A filter.",
    {
        "filterList": Property(
            Text(fields.reference, names=True),
            "Name or GUID of the filter list, which must exist.",
            required=True,
            replaces=True,
        ),
        **{name: replace(declared, replaces=name != "description") for name, declared in fields.FILTER_FIELDS.items()},
        "connection": fields.CONNECTION_PROPERTY,
    },
    fields.filter_faults,
)


class FilterResource(StoreResource):
    """Single filters."""

    token = "winipsec:index:Filter"
    kind = KIND
    description = "One filter in a filter list that others also edit. To own all filters of a list, use `FilterList`."
    record = RECORD
    outputs: Mapping[str, str] = {LIST_ID: "GUID of the filter list."}

    def claimed(self, inputs: Properties, call: Call) -> list[Fault]:
        """Not in a list whose filters a `FilterList` owns."""
        address = call.provider.address(inputs.get("connection"))
        name = inputs["filterList"]
        call.provider.claims.make(ADDED, address, name, call.urn)
        owners = call.provider.claims.others(OWNED, address, name)
        if owners:
            return [Fault("filterList", f"has its filters owned by {owners[0]}; write the filter there")]
        return []

    def diff(self, id: str, state: Properties, old_inputs: Properties, news: Properties, call: Call) -> Diff:
        """As everywhere; another name of the same list writes nothing.

        A range does not stand beside what lies inside it: the two could not be told apart (spec: ipsec-policy 5.6).
        """
        found = super().diff(id, state, old_inputs, news, call)
        changes = dict(found.changes)
        if "filterList" in changes and same_object(call, news, LIST, news["filterList"], state.get(LIST_ID)):
            changes["filterList"] = Change.UPDATE
        replaced = any(kind.replaces for kind in changes.values()) and "source" in state and not contains_unknown(news)
        first = replaced and in_a_range(filter_of(state).match, filter_of(news).match)
        return found._replace(changes=changes, delete_before_replace=first)

    def find(self, snapshot: Snapshot, id: str, call: Call, state: Properties | None = None) -> Sight | None:
        """The filter with this id, `LISTGUID/FILTERGUID`, or another one that matches the same traffic."""
        owner, _, guid = id.partition("/")
        filter_list = snapshot.store.filter_lists.get(owner)
        item = _in(filter_list, guid, state)
        if filter_list is None or item is None:
            return None
        properties = {"filterList": reference(owner, snapshot.store.filter_lists), **filter_properties(item)}
        return Sight(f"{owner}/{item.guid}", properties, {LIST_ID: owner}, {"filterList": owner})

    def identify(self, snapshot: Snapshot, reference: str) -> str:
        """By `LIST/FILTERGUID`, the list by name or GUID."""
        text, _, last = reference.rpartition("/")
        guid = as_guid(last)
        lists = named(snapshot.store.filter_lists.values(), text)
        owner = next((item for item in lists if guid and _in(item, guid)), None)
        return f"{owner.guid}/{guid}" if owner is not None else ""

    def alternatives(self, snapshot: Snapshot) -> Sequence[str]:
        """`LIST/FILTERGUID`."""
        lists = snapshot.store.filter_lists.values()
        return [f"{item.name or item.guid}/{one.guid}" for item in lists for one in item.filters]

    def making(
        self, host: str, inputs: Properties, call: Call, id: str = "", state: Properties | None = None
    ) -> FilterMaking:
        """The filter as the inputs say."""
        return FilterMaking(host, call, inputs, id, state)

    def removing(self, host: str, id: str, state: Properties, call: Call) -> FilterRemoving:
        """The filter gone."""
        return FilterRemoving(host, call.urn, id, state)

    def made(self, wish: Wish, snapshot: Snapshot, call: Call) -> Sight | None:
        """The filter that was made."""
        return self.find(snapshot, wish.id, call) if isinstance(wish, FilterMaking) else None


class FilterMaking:
    """One filter in a list, among whatever else is there."""

    def __init__(self, host: str, call: Call, inputs: Properties, id: str, state: Properties | None) -> None:
        self.host = host
        self.urn = call.urn
        self.state = state
        self.claims = call.provider.claims
        self.address = call.provider.address(inputs.get("connection"))
        self.inputs = inputs
        self.wanted = filter_of(inputs)
        self.id = id
        self.machine: str = (state or {}).get("machine", "")
        self.allow_cut = False
        self._changing = bool(id)
        self._provenance = Provenance(call.urn, KIND, inputs["filterList"])
        self._owner: FilterList | None = None
        self._doubled = False
        self._twins: tuple[Filter, ...] = ()

    def plan(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan:
        """Add the filter, or give it another description; filters of the same value that others made come back."""
        same_machine(self.host, self.machine, snapshot)
        if self._owner is not None and (stray := stray_list(store, snapshot, self._owner, (self.wanted,))):
            return stray
        text, known = self.inputs["filterList"], (self.state or {}).get(LIST_ID)
        owner = resolve(store.filter_lists, text, path="filterList", kind=LIST, host=self.host, known=known)
        self._refuse_owned(owner, store)
        self._owner = owner
        current = self._current(owner, snapshot, attempt)
        commands, name = addressable(store.filter_lists, owner, LIST)
        intents: tuple[Intent, ...] = ()
        if current is None:
            intents = (Intent(self.urn, KIND, owner.name),)
            rest = owner.filters
            unmet_paths = {"": f"the filter is not in the list {owner.name!r}"}
        elif current == self.wanted and not self._doubled:
            self.id = f"{owner.guid}/{current.guid}"
            rest = tuple(item for item in owner.filters if item is not current)
            unmet_paths = {}
        else:
            self._twins = tuple(item for item in _twins(owner, current) if not self._is_double(item))
            commands.append(netsh.delete_filter(name, current))
            rest = tuple(item for item in owner.filters if item.match != current.match)
            different = (
                {"": ...}
                if self._doubled
                else compare(fields.FILTER, filter_properties(current), without_connection(self.inputs))
            )
            unmet_paths = unmet(different)
        wanted = [*([self.wanted] if unmet_paths else []), *_missing(self._twins, rest)]
        if not wanted:
            return Plan(store)
        commands.extend(netsh.add_filter(name, item) for item in wanted)
        kept = [] if unmet_paths or current is None else [current]
        after = store.with_filter_list(owner.with_filters([*rest, *kept, *wanted]))
        return Plan(after, tuple(commands), intents, unmet_paths or {"": "a filter of the same value was lost"})

    def _current(self, owner: FilterList, snapshot: Snapshot, attempt: int) -> Filter | None:
        """The filter as it is: the one this wish made, the one to change, or None where it is to be made."""
        found = _in(owner, self.id.partition("/")[2], self.state) if self.id else None
        ran = self._provenance.batch_ran(attempt)
        if not ran and (attempt == 0 or not self._changing):
            self._provenance.note((item.guid for item in owner.filters), snapshot)
        made = [item for item in owner.filters if item.match == self.wanted.match and self._is_made(item, attempt)]
        exact = [item for item in made if item == self.wanted]
        self._doubled = len(exact) > 1
        if exact or self._changing:
            if attempt == 0 and found is None:
                raise Conflict("the filter is not there any more.", host=self.host)
            return next(iter([*exact, *made]), found)
        if made:
            raise self._exists(owner, made)
        return None if ran else self._left(owner, snapshot)

    def _is_made(self, item: Filter, attempt: int) -> bool:
        return attempt > 0 and self._provenance.is_new(item.guid)

    def _is_double(self, item: Filter) -> bool:
        """Whether a filter came with ours, of the same words: a message that arrived twice, for example."""
        return self._doubled and item == self.wanted and self._provenance.is_new(item.guid)

    def _left(self, owner: FilterList, snapshot: Snapshot) -> Filter | None:
        """The one that a run of ours made and died."""
        same = [item for item in owner.filters if item.match == self.wanted.match]
        if not same:
            return None
        if len(same) == 1 and self._provenance.is_left([netsh.add_filter(owner.name, same[0])], snapshot):
            return same[0]
        raise self._exists(owner, same)

    def _exists(self, owner: FilterList, same: Sequence[Filter]) -> WinipsecError:
        ids = [f"{owner.guid}/{item.guid}" if item.guid else "planned:" for item in same]
        return exists(self.host, KIND, f"{owner.name}: {self.wanted}", ids)

    def _refuse_owned(self, owner: FilterList, store: Store) -> None:
        owners = self.claims.others(OWNED, self.address, owner.name)
        if owners and len(named(store.filter_lists.values(), owner.name)) == 1:
            raise Refused(f"the filters of the list {owner.name!r} are owned by {owners[0]}.", host=self.host)


class FilterRemoving:
    """One filter gone from its list; the list stays."""

    def __init__(self, host: str, urn: str, id: str, state: Properties) -> None:
        self.host = host
        self.urn = urn
        self.state = state
        self.machine: str = state.get("machine", "")
        self.allow_cut = False
        self._list, _, self._guid = id.partition("/")
        self._twins: tuple[Filter, ...] = ()

    def plan(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan:
        """Delete by value; filters of the same value that others made come back."""
        same_machine(self.host, self.machine, snapshot)
        owner = store.filter_lists.get(self._list)
        if owner is None:
            return Plan(store)
        current = _in(owner, self._guid)
        if current is None and attempt == 0:
            current = _in(owner, self._guid, self.state, described=True)
        commands, name = addressable(store.filter_lists, owner, LIST)
        rest = owner.filters
        if current is not None:
            self._guid = current.guid
            self._twins = _twins(owner, current)
            commands.append(netsh.delete_filter(name, current))
            rest = tuple(item for item in owner.filters if item.match != current.match)
        lost = _missing(self._twins, rest)
        if current is None and not lost:
            return Plan(store)
        commands.extend(netsh.add_filter(name, item) for item in lost)
        after = store.with_filter_list(owner.with_filters([*rest, *lost]))
        return Plan(after, tuple(commands), (), {"": "the filter is still in the list"})


def _twins(owner: FilterList, current: Filter) -> tuple[Filter, ...]:
    """The filters that go along when netsh deletes `current`, by value."""
    return tuple(item for item in owner.filters if item.match == current.match and item is not current)


def _missing(wanted: Sequence[Filter], present: Sequence[Filter]) -> list[Filter]:
    return list((Counter(wanted) - Counter(present)).elements())


def _in(
    filter_list: FilterList | None, guid: str, state: Properties | None = None, *, described: bool = False
) -> Filter | None:
    """A filter by its GUID; or, where `state` is known, the one that it describes.

    Giving a filter another description means to delete it and add it again, so it gets another GUID. Then it is the
    one that matches the same traffic with the same description; or, unless it has to be `described` like that, the
    only one that matches the same traffic.
    """
    if filter_list is None or not guid:
        return None
    found = next((item for item in filter_list.filters if folded(item.guid) == folded(guid)), None)
    if found is not None or state is None or "source" not in state:
        return found
    known = filter_of(state)
    same = [item for item in filter_list.filters if item.match == known.match]
    exact = next((item for item in same if item == known), None)
    return exact or (same[0] if len(same) == 1 and not described else None)
