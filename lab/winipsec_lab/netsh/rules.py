"""`add|set|delete rule`, `set defaultrule`, and what rules are made of (spec: ipsec-policy 1.5 rule)."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from winipsec_lab.netsh import methods
from winipsec_lab.netsh.arguments import Arguments, yes_no
from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.netsh.lookups import (
    check_case,
    check_name,
    default_rule,
    described,
    is_default_rule,
    named,
    numbered_rules,
    rule_of,
    same_name,
    touch_policies,
)
from winipsec_lab.netsh.session import Session
from winipsec_lab.store.action_blob import decode_action, encode_action
from winipsec_lab.store.entries import Entry, removed
from winipsec_lab.store.filter_blob import decode_filter_list
from winipsec_lab.store.framing import Switches
from winipsec_lab.store.registry_store import Store
from winipsec_lab.store.rule_blob import decode_rule, encode_rule
from winipsec_lab.store.values import (
    ACTION,
    DEFAULT_RESPONSE_TYPE,
    FILTER_LIST,
    KERBEROS,
    NEGOTIATE,
    POLICY,
    RULE,
    Algorithm,
    Authentication,
    Offer,
    Rule,
)

CONNECTIONS: Final = ("lan", "dialup", "all")
_CERTIFICATE: Final = re.compile(
    r"(?P<name>.*?)(?P<options>(?:\s+(?:certmap|excludecaname):\s*(?:yes|no|y|n))*)\s*", re.IGNORECASE | re.DOTALL
)
_OPTION: Final = re.compile(r"(certmap|excludecaname):\s*(yes|no|y|n)", re.IGNORECASE)

# spec: ipsec-policy 5.5, the default response actions of both generations
_DEFAULT_OFFERS: Final = {
    "current": (("ESP", "3DES", "SHA1"), ("AH", "none", "SHA1")),
    "2003": (
        ("ESP", "3DES", "SHA1"),
        ("ESP", "3DES", "MD5"),
        ("ESP", "DES", "SHA1"),
        ("ESP", "DES", "MD5"),
        ("AH", "none", "SHA1"),
        ("AH", "none", "MD5"),
    ),
}


def authentications(args: Arguments, switches: Switches) -> tuple[Authentication, ...] | None:
    """The methods that arguments name, in their order of preference; None when they name none."""
    found: list[Authentication] = []
    given = False
    for tag, value in args.pairs:
        if tag == "kerberos":
            given = True
            found += [KERBEROS] if yes_no(tag, value) else []
        elif tag in ("psk", "rootca"):
            given = True
            found.append(_key(value) if tag == "psk" else _certificate(value))
    if not given:
        return None
    keys = [each for each in found if each.kind == "psk"]
    if len(keys) > 1 and switches["netsh.second_psk"] == "refused":
        raise Refusal("repeated_tag", tag="psk")
    if any(each.map_to_account for each in found) and switches["netsh.certmap_outside_domain"] == "refused":
        raise Refusal("no_domain")
    if not found:
        if switches["netsh.kerberos_no"] == "refused":
            raise Refusal("bad_authentication")
        found = [KERBEROS]
    if switches["netsh.authentication_order"] == "kerberos_first":
        found.sort(key=lambda each: each.kind != "kerberos")
    return tuple(found)


def _key(value: str) -> Authentication:
    if not value:
        raise Refusal("bad_authentication")
    return Authentication("psk", value)


def _certificate(value: str) -> Authentication:
    match = _CERTIFICATE.fullmatch(value)
    options = {name.lower(): yes_no(name, word) for name, word in _OPTION.findall(match["options"])} if match else {}
    name = match["name"].replace("\\'", '"').strip() if match else ""
    if not name or "=" not in name:
        raise Refusal("bad_authentication")
    return Authentication("certificate", name, options.get("certmap", False), options.get("excludecaname", False))


def _shaped(session: Session, args: Arguments, rule: Rule) -> Rule:
    """A rule's own data after a command."""
    methods_given = authentications(args, session.switches)
    if methods_given is not None:
        rule = rule.changed(authentications=methods_given)
    rule = rule.changed(
        interface=args.choice("conntype", CONNECTIONS, rule.interface), active=args.flag("activate", rule.active)
    )
    return _tunnelled(session, args.get("tunnel"), rule) if "tunnel" in args else rule


_NO_TUNNEL: Final = {"zero_address": "0.0.0.0", "empty": "", "none": "none"}


def _tunnelled(session: Session, text: str, rule: Rule) -> Rule:
    setting = session.switches["netsh.tunnel_clear"]
    if setting in _NO_TUNNEL and text.lower() == _NO_TUNNEL[setting]:
        return rule.changed(is_tunnel=False, tunnel_address=0, tunnel_ipv6=None, tunnel_name="")
    address, name = tunnel_end(session, text)
    four = isinstance(address, ipaddress.IPv4Address)
    return rule.changed(
        is_tunnel=True,
        tunnel_address=int(address) if four else 0,
        tunnel_ipv6=None if four else int(address),
        tunnel_name=name,
    )


def tunnel_end(session: Session, text: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, str]:
    """A tunnel's end point and the DNS name it was given by, if it was."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        found = session.resolve(text)
        if not found:
            raise Refusal("name_unresolved" if text else "bad_address", tag="tunnel") from None
        return ipaddress.ip_address(found[0]), text
    if int(address) == 0 or (address.version == 6 and session.generation == "2003"):
        raise Refusal("bad_address", tag="tunnel")
    return address, ""


def _check_list(session: Session, rule: Rule, filters: Entry) -> None:
    stored = decode_filter_list(filters.data).filters
    if not stored and session.switches["netsh.rule_on_empty_list"] == "refused":
        raise Refusal("no_filter")
    mirrored = any(each.mirrored for each in stored)
    if rule.is_tunnel and mirrored and session.switches["netsh.tunnel_mirrored"] == "refused":
        raise Refusal("bad_pair")


def _check_rule_name(session: Session, policy: Entry, name: str, renamed: Entry | None = None) -> None:
    check_name(name, session.switches)
    others = [rule for rule in session.store.rules_of(policy) if renamed is None or rule.identity != renamed.identity]
    taken = any(same_name(rule.name, name, session.switches) for rule in others)
    if taken and session.switches["netsh.duplicate_rule_name"] == "refused":
        raise Refusal("exists")
    check_case(name, renamed, session.switches)


def add_rule(session: Session, args: Arguments) -> None:
    """`add rule`."""
    store = session.store
    policy = named(store, POLICY, args.get("policy"))
    _check_rule_name(session, policy, args.get("name"))
    filters = named(store, FILTER_LIST, args.get("filterlist"))
    action = named(store, ACTION, args.get("filteraction"))
    rule = _shaped(session, args, Rule())
    _check_list(session, rule, filters)
    data = encode_rule(rule, store.switches, session.generation)
    entry = Entry(RULE, store.new_guid(), data, name=args.get("name"))
    entry = entry.changed_to(description=described(args, None, store.switches))
    entry = store.relate(store.relate(entry, filters), action)
    store.relate(policy, entry)


def set_rule(session: Session, args: Arguments) -> None:
    """`set rule`."""
    store = session.store
    policy = named(store, POLICY, args.get("policy"))
    entry = rule_of(store, policy, args)
    if is_default_rule(store, entry):
        raise Refusal("no_rule")
    name = entry.name
    if "newname" in args:
        name = args.get("newname")
        _check_rule_name(session, policy, name, entry)
    filters = named(store, FILTER_LIST, args.get("filterlist")) if "filterlist" in args else None
    action = named(store, ACTION, args.get("filteraction")) if "filteraction" in args else None
    rule = _shaped(session, args, decode_rule(entry.data))
    if filters:
        _check_list(session, rule, filters)
    description = described(args, entry.description, store.switches)
    data = encode_rule(rule, store.switches, session.generation)
    entry = store.write(entry.changed_to(name=name, description=description, data=data))
    for child, references in ((filters, entry.filter_lists), (action, (entry.action,))):
        if child is None:
            continue
        for old in filter(None, map(store.find, references)):
            entry = store.unrelate(entry, old)
        fresh = store.find(child.key)
        entry = store.relate(entry, fresh) if fresh else entry
    touch_policies(store, entry)


def delete_rule(session: Session, args: Arguments) -> None:
    """`delete rule`."""
    store = session.store
    policy = named(store, POLICY, args.get("policy"))
    if args.word == "all":
        keep = store.switches["netsh.delete_rule_all"] == "keeps_default"
        doomed = [rule for rule in store.rules_of(policy) if not (keep and is_default_rule(store, rule))]
    else:
        doomed = [rule_of(store, policy, args)]
        if is_default_rule(store, doomed[0]):
            raise Refusal("no_rule")
    for rule in doomed:
        store.remove_rule(rule)


def rules_shown(store: Store, policy: Entry, args: Arguments) -> list[Entry]:
    """The rules that `show rule` means."""
    if args.word == "default":
        rule = default_rule(store, policy)
        return [rule] if rule else []
    if args.word == "all":
        return numbered_rules(store, policy)
    return [rule_of(store, policy, args)]


# ---------------------------------------------------------------------- the default response rule


def make_default_rule(session: Session, policy: Entry, *, active: bool) -> Entry:
    """Give a policy its default response rule; returns the policy as stored."""
    store = session.store
    offers = tuple(Offer((Algorithm(*names),)) for names in _DEFAULT_OFFERS[session.generation])
    action = Entry(ACTION, store.new_guid(), encode_action(offers))
    action = action.changed_to(action_guid=_cased(store, NEGOTIATE), type_guid=_cased(store, DEFAULT_RESPONSE_TYPE))
    data = encode_rule(Rule(active=active), store.switches, session.generation)
    rule = store.relate(Entry(RULE, store.new_guid(), data), action)
    return store.relate(policy, rule)


def _cased(store: Store, guid: str) -> str:
    return guid.upper() if store.switches["netsh.guid_case"] == "upper" else guid


def activate_default_rule(session: Session, policy: Entry, *, active: bool) -> Entry:
    """Switch a policy's default response rule; returns the policy as stored."""
    store = session.store
    rule = default_rule(store, policy)
    if rule is None:
        return make_default_rule(session, policy, active=active) if active else policy
    if not active and store.switches["netsh.default_rule_off"] == "orphan":
        return store.write(policy.changed_to(rules=removed(policy.rules, rule.identity)))
    data = encode_rule(decode_rule(rule.data).changed(active=active), store.switches, session.generation)
    store.write(rule.changed_to(data=data))
    return policy


def set_default_rule(session: Session, args: Arguments) -> None:
    """`set defaultrule`."""
    store = session.store
    policy = named(store, POLICY, args.get("policy"))
    rule = default_rule(store, policy)
    changes = any(tag != "policy" for tag, _ in args.pairs)
    idle = rule is not None and not decode_rule(rule.data).active and not args.flag("activate", False)
    if idle and changes and "activate" not in args and store.switches["netsh.set_defaultrule_idle"] == "refused":
        raise Refusal("no_rule")
    if rule is None:
        policy = make_default_rule(session, policy, active=False)
        rule = default_rule(store, policy)
    if rule is None:
        raise Refusal("no_rule")
    shaped = decode_rule(rule.data).changed(active=args.flag("activate", decode_rule(rule.data).active))
    given = authentications(args, store.switches)
    if given is not None:
        shaped = shaped.changed(authentications=given)
    action = store.find(rule.action)
    if action:
        pfs = args.flag("qmpfs", any(offer.pfs for offer in decode_action(action.data)))
        text = args.get("qmsecmethods")
        wanted = methods.offers(text, store.switches, pfs=pfs) if "qmsecmethods" in args else decode_action(action.data)
        store.write(action.changed_to(data=encode_action(methods.with_pfs(wanted, pfs))))
    rule = store.write(rule.changed_to(data=encode_rule(shaped, store.switches, session.generation)))
    touch_policies(store, rule)
