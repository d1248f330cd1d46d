"""`add|set|delete filterlist` and `add|delete filter` (spec: ipsec-policy 1.5 filter)."""

from __future__ import annotations

import dataclasses

from winipsec_lab.netsh.arguments import Arguments
from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.netsh.filters import build, matches, read_wanted
from winipsec_lab.netsh.lookups import (
    by_name,
    check_name,
    described,
    identified,
    named,
    new_name,
    only,
    touch_policies,
    users_of,
)
from winipsec_lab.netsh.session import Session
from winipsec_lab.store.entries import Entry
from winipsec_lab.store.filter_blob import append_filters, decode_filter_list, encode_filter_list
from winipsec_lab.store.registry_store import Store
from winipsec_lab.store.values import FILTER_LIST, NO_GUID, Filter, FilterList


def add_filter_list(session: Session, args: Arguments) -> None:
    """`add filterlist`; a list may be empty."""
    store = session.store
    name = new_name(store, FILTER_LIST, args.get("name"))
    blob = encode_filter_list(FilterList(), store.switches, session.generation)
    entry = Entry(FILTER_LIST, store.new_guid(), blob, name=name)
    store.write(entry.changed_to(description=described(args, None, store.switches)))


def set_filter_list(session: Session, args: Arguments) -> None:
    """`set filterlist`."""
    store = session.store
    entry = identified(store, FILTER_LIST, args)
    name = new_name(store, FILTER_LIST, args.get("newname"), renamed=entry) if "newname" in args else entry.name
    store.write(entry.changed_to(name=name, description=described(args, entry.description, store.switches)))


def delete_filter_list(session: Session, args: Arguments) -> None:
    """`delete filterlist`; one that a rule uses stays."""
    delete_shared(session, args, FILTER_LIST)


def delete_shared(session: Session, args: Arguments, kind: str) -> None:
    """Delete a filter list or action, or all of a kind, refusing those in use."""
    store = session.store
    if args.word != "all":
        entry = named(store, kind, args.get("name"))
        if users_of(store, entry):
            raise Refusal("in_use")
        store.remove(entry)
        return
    everything = [entry for entry in store.entries(kind) if entry.name is not None]
    used = [entry for entry in everything if users_of(store, entry)]
    if used and store.switches["netsh.delete_all_in_use"] == "refuses_all":
        raise Refusal("in_use")
    for entry in everything:
        if entry not in used:
            store.remove(entry)
    if used:
        raise Refusal("in_use")


def add_filter(session: Session, args: Arguments) -> None:
    """`add filter`; a missing list is created."""
    store = session.store
    wanted = read_wanted(args, store.switches, session.resolve, session.generation)
    description = described(args, None, store.switches) or ""
    fresh = build(wanted, description, store.switches)
    entry = _list_for(store, args.get("filterlist"))
    entry = store.write(entry.changed_to(data=_extended(session, entry.data, fresh)))
    touch_policies(store, entry)


def _extended(session: Session, data: bytes, fresh: FilterList) -> bytes:
    """The blob of a list with more filters; empty data stand for a list that does not exist yet."""
    switches = session.switches
    unique, last = switches["netsh.duplicate_filter"] == "refused", switches["netsh.filter_order"] == "appended"
    if data and last and not unique and session.generation == "current":
        longer = append_filters(data, fresh)
        if longer is not None:
            return longer
    present = decode_filter_list(data) if data else FilterList()
    if unique:
        known = {_bare(each) for each in present.filters}
        if all(_bare(each) in known for each in fresh.filters):
            raise Refusal("filter_exists")
    first, second = (present, fresh) if last else (fresh, present)
    return encode_filter_list(FilterList(first.v1 + second.v1, first.v2 + second.v2), switches, session.generation)


def _list_for(store: Store, name: str) -> Entry:
    found = by_name(store, FILTER_LIST, name)
    if found:
        return only(found, "no_filter_list", store.switches)
    check_name(name, store.switches)
    return Entry(FILTER_LIST, store.new_guid(), name=name)


def _bare(each: Filter) -> Filter:
    return dataclasses.replace(each, guid=NO_GUID, description="")


def delete_filter(session: Session, args: Arguments) -> None:
    """`delete filter`: every filter of the list that fits what is said."""
    store = session.store
    entry = named(store, FILTER_LIST, args.get("filterlist"))
    wanted = read_wanted(args, store.switches, session.resolve, session.generation)
    content = decode_filter_list(entry.data)
    doomed = [each for each in content.filters if matches(each, wanted, store.switches)]
    if not doomed:
        raise Refusal("no_filter")
    for each in doomed:
        content = content.without(each)
    entry = store.write(entry.changed_to(data=encode_filter_list(content, store.switches, session.generation)))
    touch_policies(store, entry)
