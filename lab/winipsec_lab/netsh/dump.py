"""`netsh ipsec dump`: the store as a script that makes it again (spec: ipsec-policy 1.4).

How the lines of real hosts look is not proven; these are full tags with quoted values. What netsh cannot say is left
out with a comment: rules without a name, second objects of one name, blobs that make no sense. Pre-shared keys are
left out as well unless a guess says that real hosts print them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from winipsec_lab.netsh.actions import action_word, falls_back, passes_inbound
from winipsec_lab.netsh.lookups import default_rule, is_default_action, is_default_rule
from winipsec_lab.netsh.session import Session
from winipsec_lab.store.action_blob import decode_action
from winipsec_lab.store.entries import Entry
from winipsec_lab.store.filter_blob import decode_filter_list
from winipsec_lab.store.policy_blob import decode_main_mode, decode_policy
from winipsec_lab.store.registry_store import Store
from winipsec_lab.store.rule_blob import decode_rule
from winipsec_lab.store.values import (
    ACTION,
    DEFAULT_MAIN_MODE_LIFETIME,
    DEFAULT_POLLING,
    FILTER_LIST,
    POLICY,
    Address,
    BlobError,
    Filter,
    spell,
)

_HIDDEN: Final = "***"


def dump(session: Session) -> None:
    """Print the whole store."""
    store = session.store
    session.say(f"# {session.texts('layout')}\npushd ipsec static\n")
    for kind, lines in ((FILTER_LIST, _list), (ACTION, _action), (POLICY, _policy)):
        seen: set[str] = set()
        for entry in store.entries(kind):
            if is_default_action(entry):
                continue
            if entry.name is None or entry.name.casefold() in seen:
                session.say(f"# {entry.key}\n")
                continue
            seen.add(entry.name.casefold())
            try:
                session.say("".join(f"{line}\n" for line in lines(session, store, entry)))
            except BlobError:
                session.say(f"# {entry.key}\n")
    session.say("popd\n")


def _line(verb: str, *pairs: tuple[str, str | None]) -> str:
    return " ".join([verb, *(f'{tag}="{value}"' for tag, value in pairs if value is not None)])


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _list(_session: Session, _store: Store, entry: Entry) -> Iterator[str]:
    yield _line("add filterlist", ("name", entry.name), ("description", entry.description))
    for each in decode_filter_list(entry.data).filters:
        yield _filter(entry.name or "", each)


def _filter(name: str, each: Filter) -> str:
    pairs: list[tuple[str, str | None]] = [("filterlist", name)]
    for side, dns, address in (("src", each.source_dns, each.source), ("dst", each.destination_dns, each.destination)):
        pairs.append((f"{side}addr", dns or _address(address)))
        if address.kind == "subnet":
            bits = spell(address.bound, 4) if address.version == 4 else str(address.bound.bit_count())
            pairs.append((f"{side}mask", bits))
    protocol = "any" if each.protocol == 0 else str(each.protocol)
    pairs += [("protocol", protocol), ("mirrored", _yes(each.mirrored))]
    pairs += [("srcport", each.source_ports.text()), ("dstport", each.destination_ports.text())]
    return _line("add filter", *pairs, ("description", each.description or None))


def _address(address: Address) -> str:
    return spell(address.address, address.version) if address.kind == "subnet" else address.text()


def _action(_session: Session, _store: Store, entry: Entry) -> Iterator[str]:
    offers = decode_action(entry.data)
    listed = " ".join(each.text() for each in offers if each.algorithms)
    yield _line(
        "add filteraction",
        ("name", entry.name),
        ("description", entry.description),
        ("qmpfs", _yes(any(each.pfs for each in offers))),
        ("inpass", _yes(passes_inbound(entry))),
        ("soft", _yes(falls_back(offers))),
        ("action", action_word(entry)),
        ("qmsecmethods", listed or None),
    )


def _policy(session: Session, store: Store, policy: Entry) -> Iterator[str]:
    part, default = store.find(policy.main_mode), default_rule(store, policy)
    main_mode = decode_main_mode(part.data) if part else None
    polling = decode_policy(policy.data) or DEFAULT_POLLING
    minutes = session.switches["netsh.polling_unit"] == "minutes"
    pairs: list[tuple[str, str | None]] = [("name", policy.name), ("description", policy.description)]
    if main_mode:
        pairs += [
            ("mmpfs", _yes(main_mode.master_pfs)),
            ("qmpermm", str(main_mode.quick_mode_limit)),
            ("mmlifetime", str((main_mode.lifetime_seconds or DEFAULT_MAIN_MODE_LIFETIME) // 60)),
            ("mmsecmethods", " ".join(each.text() for each in main_mode.methods)),
        ]
    pairs += [
        ("activatedefaultrule", _yes(bool(default and decode_rule(default.data).active))),
        ("pollinginterval", str(polling // 60 if minutes else polling)),
    ]
    yield _line("add policy", *pairs)
    for rule in store.rules_of(policy):
        if not is_default_rule(store, rule):
            yield _rule(session, store, policy, rule)
    if store.active == policy.identity:
        yield _line("set policy", ("name", policy.name), ("assign", "yes"))


def _rule(session: Session, store: Store, policy: Entry, rule: Entry) -> str:
    value = decode_rule(rule.data)
    filters = next(filter(None, map(store.find, rule.filter_lists)), None)
    action = store.find(rule.action)
    if rule.name is None or filters is None or action is None:
        return f"# {rule.key}"
    pairs: list[tuple[str, str | None]] = [
        ("name", rule.name),
        ("policy", policy.name),
        ("filterlist", filters.name),
        ("filteraction", action.name),
        ("description", rule.description),
        ("tunnel", value.tunnel_name or value.tunnel_text or None),
        ("conntype", value.interface),
        ("activate", _yes(value.active)),
    ]
    hidden = session.switches["netsh.dump_psk"] == "hidden"
    for method in value.authentications:
        if method.kind == "kerberos":
            pairs.append(("kerberos", "yes"))
        elif method.kind == "psk":
            pairs.append(("psk", _HIDDEN if hidden else method.text))
        else:
            options = f"certmap:{_yes(method.map_to_account)} excludecaname:{_yes(method.exclude_ca_name)}"
            pairs.append(("rootca", method.text.replace('"', "\\'") + " " + options))
    return _line("add rule", *pairs)
