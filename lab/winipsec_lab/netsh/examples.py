"""`restorepolicyexamples`: the three example policies of Windows 2000 and 2003 (spec: ipsec-policy 1.4, 5.5, 6.3).

The GUIDs are those of the default objects in Active Directory; two lists and one action are shared by two policies.
Current documentation does not know the command, so only the old generation has it unless a guess says otherwise.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from winipsec_lab.netsh import methods
from winipsec_lab.netsh.arguments import Arguments
from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.netsh.session import Session
from winipsec_lab.store.action_blob import encode_action
from winipsec_lab.store.entries import Entry
from winipsec_lab.store.filter_blob import encode_filter_list
from winipsec_lab.store.policy_blob import encode_main_mode, encode_policy
from winipsec_lab.store.registry_store import Store
from winipsec_lab.store.rule_blob import encode_rule
from winipsec_lab.store.values import (
    ACTION,
    ANY,
    DEFAULT_POLLING,
    DEFAULT_RESPONSE_TYPE,
    FILTER_LIST,
    MAIN_MODE,
    ME,
    NEGOTIATE,
    ORDINARY_TYPE,
    PASSTHROUGH,
    PERMIT,
    POLICY,
    RULE,
    Filter,
    FilterList,
    MainMethod,
    MainMode,
    Offer,
    Rule,
)

_RELEASES: Final = ("win2k", "win2003")
_FIRST: Final = "{{723852{}-70fa-11d1-864c-14a300000000}}"
_SECOND: Final = "{{59319{}-5ee3-11d2-ace8-0060b0ecca17}}"
_THIRD: Final = "{{594272{}-071d-11d3-ad22-0060b0ecca17}}"
_ALL_IP: Final = _FIRST.format("3a")
_ALL_ICMP: Final = _FIRST.format("35")
_PERMIT: Final = _FIRST.format("3b")
_REQUEST: Final = _FIRST.format("33")
_REQUIRE: Final = _FIRST.format("3f")

# name, policy, main mode, rules (GUID, filter list, action), default rule, its action
_POLICIES: Final = (
    (
        "Server (Request Security)",
        _FIRST.format("30"),
        _FIRST.format("31"),
        ((_FIRST.format("32"), _ALL_IP, _REQUEST), (_THIRD.format("e2"), _ALL_ICMP, _PERMIT)),
        _SECOND.format("be2"),
        _SECOND.format("bdf"),
    ),
    (
        "Client (Respond Only)",
        _FIRST.format("36"),
        _FIRST.format("37"),
        (),
        _SECOND.format("c04"),
        _SECOND.format("c01"),
    ),
    (
        "Secure Server (Require Security)",
        _FIRST.format("3c"),
        _FIRST.format("3d"),
        ((_FIRST.format("3e"), _ALL_IP, _REQUIRE), (_THIRD.format("fd"), _ALL_ICMP, _PERMIT)),
        _SECOND.format("bf3"),
        _SECOND.format("bf0"),
    ),
)
_LISTS: Final = (
    ("All IP Traffic", _ALL_IP, Filter(ME, ANY, UUID("59319bdd-5ee3-11d2-ace8-0060b0ecca17"))),
    (
        "All ICMP Traffic",
        _ALL_ICMP,
        Filter(ME, ANY, UUID("5119d263-071d-11d3-ad22-0060b0ecca17"), protocol=1, description="ICMP"),
    ),
)
_ESP: Final = "ESP[3DES,SHA1]:100000k/900s {}ESP[DES,SHA1]:100000k/900s {}"
_ACTIONS: Final = (
    ("Permit", _PERMIT, PERMIT, "", False),
    (
        "Request Security (Optional)",
        _REQUEST,
        PASSTHROUGH,
        _ESP.format("", "AH[SHA1]:100000k/300s AH[MD5]:100000k/300s"),
        True,
    ),
    (
        "Require Security",
        _REQUIRE,
        PASSTHROUGH,
        _ESP.format("ESP[3DES,MD5]:100000k/900s ", "ESP[DES,MD5]:100000k/900s"),
        False,
    ),
)
_DEFAULT_OFFERS: Final = "ESP[3DES,SHA1] ESP[3DES,MD5] ESP[DES,SHA1] ESP[DES,MD5] AH[SHA1] AH[MD5]"
_MAIN_METHODS: Final = (("3DES", "SHA1", 2), ("3DES", "MD5", 2), ("DES", "SHA1", 1), ("DES", "MD5", 1))


def restore_examples(session: Session, args: Arguments) -> None:
    """`restorepolicyexamples`: writes the examples anew, whatever had become of them."""
    setting = session.switches["netsh.policy_examples"]
    if setting == "never" or (setting == "generation" and session.generation != "2003"):
        raise Refusal("not_here")
    args.choice("release", _RELEASES, _RELEASES[-1])
    store, generation = session.store, session.generation
    for policy in store.entries(POLICY):
        if policy.guid.lower() in {guid for _, guid, *_ in _POLICIES}:
            store.remove_policy(policy)
    for name, guid, each in _LISTS:
        blob = encode_filter_list(FilterList((each,)), store.switches, generation)
        store.write(Entry(FILTER_LIST, guid, blob, name=name, owners=_owners(store, FILTER_LIST + guid)))
    for name, guid, action, text, soft in _ACTIONS:
        offers = methods.offers(text, store.switches, pfs=False) if text else ()
        blob = encode_action((*offers, Offer()) if soft else offers)
        entry = Entry(ACTION, guid, blob, name=name, owners=_owners(store, ACTION + guid))
        store.write(entry.changed_to(action_guid=action, type_guid=ORDINARY_TYPE))
    for example in _POLICIES:
        _restore(store, generation, *example)


def _owners(store: Store, identity: str) -> tuple[str, ...]:
    """The rules of other policies that use an example's list or action."""
    present = store.find(identity)
    return present.owners if present else ()


def _restore(
    store: Store,
    generation: str,
    name: str,
    guid: str,
    main_mode: str,
    rules: tuple[tuple[str, str, str], ...],
    default_rule: str,
    default_action: str,
) -> None:
    policy = Entry(POLICY, guid, encode_policy(DEFAULT_POLLING), name=name)
    blob = encode_main_mode(MainMode(tuple(MainMethod(*each) for each in _MAIN_METHODS)), store.switches)
    policy = store.relate(policy, Entry(MAIN_MODE, main_mode, blob))
    plain = encode_rule(Rule(), store.switches, generation)
    for rule_guid, list_guid, action_guid in rules:
        rule = Entry(RULE, rule_guid, plain)
        for child in (store.find(FILTER_LIST + list_guid), store.find(ACTION + action_guid)):
            rule = store.relate(rule, child) if child else rule
        policy = store.relate(policy, rule)
    offers = tuple(Offer(each.algorithms) for each in methods.offers(_DEFAULT_OFFERS, store.switches, pfs=False))
    action = Entry(ACTION, default_action, encode_action(offers))
    action = action.changed_to(action_guid=NEGOTIATE, type_guid=DEFAULT_RESPONSE_TYPE)
    store.relate(policy, store.relate(Entry(RULE, default_rule, plain), action))
