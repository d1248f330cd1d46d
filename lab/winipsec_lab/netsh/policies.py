"""`add|set|delete policy` (spec: ipsec-policy 1.5 policy, "what deletes do to references")."""

from __future__ import annotations

import dataclasses
from typing import Final

from winipsec_lab.netsh import methods
from winipsec_lab.netsh.arguments import Arguments
from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.netsh.lookups import described, identified, named, new_name
from winipsec_lab.netsh.rules import activate_default_rule, make_default_rule
from winipsec_lab.netsh.session import Session
from winipsec_lab.store.entries import Entry
from winipsec_lab.store.policy_blob import decode_main_mode, decode_policy, encode_main_mode, encode_policy, with_limits
from winipsec_lab.store.registry_store import Store
from winipsec_lab.store.values import DEFAULT_MAIN_MODE_LIFETIME, DEFAULT_POLLING, MAIN_MODE, POLICY, MainMode

_MINUTE: Final = 60


def _polling(session: Session, args: Arguments, old: int) -> int:
    """The polling interval in seconds; what unit the argument has is a guess."""
    minutes = session.switches["netsh.polling_unit"] == "minutes"
    return args.number("pollinginterval", old, scale=_MINUTE if minutes else 1)


def _main_mode(session: Session, args: Arguments, old: MainMode | None) -> MainMode:
    """The main-mode part after a command."""
    if old is None or "mmsecmethods" in args:
        text = args.get("mmsecmethods") if "mmsecmethods" in args else None
        wanted = methods.main_methods(text, session.switches)
        old = MainMode(wanted) if old is None else dataclasses.replace(old, methods=wanted)
    lifetime = args.number("mmlifetime", old.lifetime_seconds or DEFAULT_MAIN_MODE_LIFETIME, scale=_MINUTE)
    limited = with_limits(old, args.number("qmpermm", old.quick_mode_limit), lifetime, session.switches)
    return dataclasses.replace(limited, master_pfs=args.flag("mmpfs", old.master_pfs))


def _default_rule_active(session: Session, args: Arguments) -> bool:
    setting = session.switches["netsh.default_rule_active"]
    default = session.generation == "2003" if setting == "generation" else setting == "yes"
    return args.flag("activatedefaultrule", default)


def add_policy(session: Session, args: Arguments) -> None:
    """`add policy`; every policy gets a main-mode part and a default response rule."""
    store = session.store
    name = new_name(store, POLICY, args.get("name"))
    main_mode = _main_mode(session, args, None)
    active, assign = _default_rule_active(session, args), args.flag("assign", False)
    entry = Entry(POLICY, store.new_guid(), encode_policy(_polling(session, args, DEFAULT_POLLING)), name=name)
    entry = entry.changed_to(description=described(args, None, store.switches))
    blob = encode_main_mode(main_mode, store.switches)
    entry = store.relate(entry, Entry(MAIN_MODE, store.new_guid(), blob))
    if active or store.switches["netsh.default_rule_object"] == "always":
        entry = make_default_rule(session, entry, active=active)
    if assign:
        store.assign(entry)


def set_policy(session: Session, args: Arguments) -> None:
    """`set policy`."""
    store = session.store
    entry = identified(store, POLICY, args)
    if "gponame" in args and store.switches["netsh.gponame_local"] == "refused":
        raise Refusal("store_location")
    name = new_name(store, POLICY, args.get("newname"), renamed=entry) if "newname" in args else entry.name
    part = store.find(entry.main_mode)
    main_mode = _main_mode(session, args, decode_main_mode(part.data) if part else None)
    polling = _polling(session, args, decode_policy(entry.data))
    description = described(args, entry.description, store.switches)
    assign = args.flag("assign", False)
    default_active = args.flag("activatedefaultrule", False)
    if "assign" in args and not assign and store.active != entry.identity:
        _check_unassign(store)
    entry = store.write(entry.changed_to(name=name, description=description, data=encode_policy(polling)))
    blob = encode_main_mode(main_mode, store.switches)
    if part is None:
        entry = store.relate(entry, Entry(MAIN_MODE, store.new_guid(), blob))
    elif {"mmpfs", "qmpermm", "mmlifetime", "mmsecmethods"}.intersection(tag for tag, _ in args.pairs):
        store.write(part.changed_to(data=blob))
    if "activatedefaultrule" in args:
        entry = activate_default_rule(session, entry, active=default_active)
    if assign:
        store.assign(entry)
    elif "assign" in args and store.active == entry.identity:
        store.assign(None)


def _check_unassign(store: Store) -> None:
    if store.switches["netsh.unassign_idle"] == "refused":
        raise Refusal("bad_value", tag="assign")


def delete_policy(session: Session, args: Arguments) -> None:
    """`delete policy`; whether the active one may go is a guess."""
    store = session.store
    doomed = store.entries(POLICY) if args.word == "all" else [named(store, POLICY, args.get("name"))]
    refused = store.switches["netsh.delete_active_policy"] == "refused"
    if refused and any(policy.identity == store.active for policy in doomed):
        raise Refusal("active")
    for policy in doomed:
        store.remove_policy(policy)
