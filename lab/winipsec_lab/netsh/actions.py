"""`add|set|delete filteraction` (spec: ipsec-policy 1.5 filter action, 5.5)."""

from __future__ import annotations

from typing import Final

from winipsec_lab.netsh import methods
from winipsec_lab.netsh.arguments import Arguments
from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.netsh.lists import delete_shared
from winipsec_lab.netsh.lookups import described, identified, new_name, touch_policies
from winipsec_lab.netsh.session import Session
from winipsec_lab.store.action_blob import decode_action, encode_action
from winipsec_lab.store.entries import Entry
from winipsec_lab.store.values import ACTION, BLOCK, NEGOTIATE, ORDINARY_TYPE, PASSTHROUGH, PERMIT, Offer

_WORDS: Final = {BLOCK: "block", PERMIT: "permit", NEGOTIATE: "negotiate", PASSTHROUGH: "negotiate"}
_ACTIONS: Final = ("permit", "block", "negotiate")
_GUIDS: Final = {("permit", False): PERMIT, ("block", False): BLOCK, ("negotiate", False): NEGOTIATE}


def action_word(entry: Entry) -> str:
    """`permit`, `block` or `negotiate`; an action GUID nobody knows counts as negotiate."""
    return _WORDS.get((entry.action_guid or "").lower(), "negotiate")


def passes_inbound(entry: Entry) -> bool:
    """Whether clear inbound traffic is accepted."""
    return (entry.action_guid or "").lower() == PASSTHROUGH


def falls_back(offers: tuple[Offer, ...]) -> bool:
    """Whether clear traffic is allowed with peers that do not answer (the empty offer of `soft=yes`)."""
    return any(not offer.algorithms for offer in offers)


def _composed(session: Session, args: Arguments, entry: Entry) -> Entry:
    """An action after a command; `entry` holds what it was before."""
    switches = session.switches
    before = decode_action(entry.data) if entry.data else ()
    default = switches["netsh.action_default"] if entry.action_guid is None else action_word(entry)
    word = args.choice("action", _ACTIONS, default)
    kept = passes_inbound(entry) and not ("action" in args and switches["netsh.set_action_inpass"] == "resets")
    new = entry.action_guid is None
    inbound = args.flag("inpass", switches["netsh.inpass_default"] == "yes" if new else kept)
    soft = args.flag("soft", switches["netsh.soft_default"] == "yes" if new else falls_back(before))
    pfs = args.flag("qmpfs", switches["netsh.qmpfs_default"] == "yes" if new else any(each.pfs for each in before))
    offers = _offers(session, args, word, before, pfs=pfs)
    if word != "negotiate":
        if "inpass" in args and inbound and switches["netsh.inpass_elsewhere"] == "refused":
            raise Refusal("bad_value", tag="inpass")
        inbound = soft = False
    guid = PASSTHROUGH if inbound else _GUIDS[word, False]
    upper = switches["netsh.guid_case"] == "upper"
    return entry.changed_to(
        data=encode_action((*offers, Offer()) if soft else offers),
        action_guid=guid.upper() if upper else guid,
        type_guid=entry.type_guid or (ORDINARY_TYPE.upper() if upper else ORDINARY_TYPE),
    )


def _offers(session: Session, args: Arguments, word: str, before: tuple[Offer, ...], *, pfs: bool) -> tuple[Offer, ...]:
    switches = session.switches
    given = args.get("qmsecmethods") if "qmsecmethods" in args else None
    if word != "negotiate":
        if given is not None and switches["netsh.ignored_methods"] == "checked":
            methods.offers(given, switches, pfs=pfs)
        kept = tuple(each for each in before if each.algorithms)
        return kept if switches["netsh.set_action_offers"] == "kept" else ()
    real = tuple(each for each in before if each.algorithms)
    if given is None and real:
        return methods.with_pfs(real, pfs)
    return methods.offers(given, switches, pfs=pfs)


def add_action(session: Session, args: Arguments) -> None:
    """`add filteraction`."""
    store = session.store
    name = new_name(store, ACTION, args.get("name"))
    entry = Entry(ACTION, store.new_guid(), name=name, description=described(args, None, store.switches))
    store.write(_composed(session, args, entry))


def set_action(session: Session, args: Arguments) -> None:
    """`set filteraction`."""
    store = session.store
    entry = identified(store, ACTION, args)
    name = new_name(store, ACTION, args.get("newname"), renamed=entry) if "newname" in args else entry.name
    description = described(args, entry.description, store.switches)
    entry = _composed(session, args, entry).changed_to(name=name, description=description)
    touch_policies(store, store.write(entry))


def delete_action(session: Session, args: Arguments) -> None:
    """`delete filteraction`; one that a rule uses stays."""
    delete_shared(session, args, ACTION)
