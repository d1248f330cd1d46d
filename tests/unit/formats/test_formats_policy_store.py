"""Policy stores as real registries hold them, healthy and broken (spec: ipsec-policy 4)."""

from __future__ import annotations

from dataclasses import replace

import pytest
import real_stores as real
from blob_vectors import VERSION_OBJECT, blob
from hypothesis import given, settings
from hypothesis import strategies as st
from winipsec.formats.policy_store import CACHE, LOCAL, object_key, read_store, store_roots
from winipsec.formats.registry import (
    REG_MULTI_SZ,
    RegistryTree,
    RegKey,
    RegValue,
    binary,
    string,
    strings,
    tree,
)
from winipsec.formats.registry_text import format_export, parse_export
from winipsec.model.endpoint import ANY, ME
from winipsec.model.filters import ANY_PORT, Filter, port
from winipsec.model.methods import Esp, Kerberos, MainModeMethod, PresharedKey, SecurityMethod
from winipsec.model.policies import DefaultRule, FilterAction, Policy, Rule
from winipsec.model.store import Orphan, Store


def test_a_real_store():
    """The published store of current Windows reads as its object graph says."""
    store = read_store(real.changed())
    assert store.policies == {
        real.POLICY: Policy(
            name="GSecurity Policy",
            main_mode_methods=(MainModeMethod("3des", "sha1", "group2"),),
            default_rule=DefaultRule(
                active=False,
                security_methods=(
                    SecurityMethod(esp=Esp("3des", "sha1"), lifetime_kilobytes=0, lifetime_seconds=0),
                    SecurityMethod(ah="sha1", lifetime_kilobytes=0, lifetime_seconds=0),
                ),
                auth_methods=(Kerberos(),),
            ),
        )
    }
    assert store.policies[real.POLICY].default_rule.guid == real.DEFAULT_RULE
    assert store.rules == {
        real.BLOCK_RULE: Rule("", real.POLICY, real.BLOCK_LIST, real.BLOCK),
        real.ALLOW_RULE: Rule("", real.POLICY, real.ALLOW_LIST, real.PERMIT),
    }
    assert {guid: item.name for guid, item in store.filter_lists.items()} == {
        real.ALLOW_LIST: "Allow List",
        real.BLOCK_LIST: "Block List",
    }
    assert store.filter_lists[real.BLOCK_LIST].filters == (Filter(),)
    assert store.filter_lists[real.ALLOW_LIST].filters == (
        Filter(ME, ANY, 6, ANY_PORT, port(53), mirrored=False),
        Filter(ME, ANY, 6, ANY_PORT, port(443), mirrored=False),
        Filter(ANY, ME, 6, port(443), ANY_PORT, mirrored=False),
        Filter(ANY, ANY, 17, ANY_PORT, port(67)),
        Filter(ANY, ANY, 17, ANY_PORT, port(68)),
    )
    assert store.filter_actions == {
        real.PERMIT: FilterAction("Permit", "permit"),
        real.BLOCK: FilterAction("Block", "block"),
    }
    assert store.active == real.POLICY
    assert store.unreadable == ()


def test_the_orphan_of_a_real_store():
    """A rule that its policy does not list is no rule of it: it is reported, and nothing else is."""
    assert read_store(real.changed()).orphans == (Orphan("ipsecNFA", real.ORPHAN_RULE, "", "no policy lists it"),)


def test_objects_know_their_own_guid():
    """GUIDs are in the normal form everywhere, keys and values alike."""
    store = read_store(real.changed())
    for objects in (store.policies, store.rules, store.filter_lists, store.filter_actions):
        assert all(item.guid == guid == guid.lower() for guid, item in objects.items())


def test_an_empty_store():
    """No keys, no objects, and no complaint."""
    assert read_store(RegistryTree()) == Store()
    assert read_store(tree([real.root(active="")])) == Store()


def test_any_case_and_the_old_spelling_of_class_name():
    """Keys, values and references compare without case; Windows 2000 wrote ClassName."""

    def shout(key: RegKey) -> RegKey:
        values = [
            string(value.name.upper(), value.text.upper())
            if value.text is not None and value.name != "ipsecName"
            else strings(value.name.upper(), [text.upper() for text in value.strings])
            if value.type == REG_MULTI_SZ
            else value
            for value in key.values
        ]
        return RegKey(key.path.upper(), tuple(values))

    loud = read_store(tree(map(shout, real.real_keys())), real.LOCAL)
    assert loud == read_store(real.changed())
    assert list(loud.rules) == [real.BLOCK_RULE, real.ALLOW_RULE]


def test_the_store_survives_an_export():
    """Written as a .reg file and read again it is the same store."""
    registry = real.changed()
    assert read_store(parse_export(format_export(registry))) == read_store(registry)


def test_references_of_a_third_party_exporter():
    """Lists of references whose zero bytes were doubled are read."""
    listed = [real.pointer("ipsecNFA", guid) for guid in (real.BLOCK_RULE, real.ALLOW_RULE)]
    doubled = "".join(f"{text}\0" for text in [*listed, ""]).encode("utf-32-le")
    odd = real.policy(name="p").with_value(RegValue("ipsecNFAReference", REG_MULTI_SZ, doubled))
    assert list(read_store(real.changed(odd)).rules) == [real.BLOCK_RULE, real.ALLOW_RULE]


def test_references_as_a_directory_writes_them():
    """A copy of domain policy may point by distinguished names."""
    name = f"CN=ipsecNFA{real.BLOCK_RULE.upper()},CN=IP Security,CN=System,DC=example,DC=com"
    odd = real.policy(name="p").with_value(strings("ipsecNFAReference", [name]))
    assert list(read_store(real.changed(odd)).rules) == [real.BLOCK_RULE]


def test_stores_in_other_places():
    """The cache of domain policy and the view of 32-bit programs are read by their own root."""
    wow = real.LOCAL.replace("SOFTWARE", r"SOFTWARE\WOW6432Node")

    def moved(to: str) -> list[RegKey]:
        return [RegKey(key.path.replace(real.LOCAL, to), key.values) for key in real.real_keys()]

    registry = tree([*real.real_keys(), *moved(CACHE), *moved(wow)])
    assert store_roots(registry) == [real.LOCAL, CACHE, wow]
    expected = read_store(registry, LOCAL)
    assert read_store(registry, r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Cache") == expected
    assert read_store(registry, wow) == expected


def test_what_else_lies_in_the_store():
    """Keys of other names, and keys below objects, are nothing to us."""
    extra = [RegKey(f"{real.LOCAL}\\Other"), RegKey(f"{object_key('ipsecPolicy', real.POLICY)}\\ipsecNFA{real.BLOCK}")]
    assert read_store(real.changed(*extra)) == read_store(real.changed())


def test_the_version_object_is_no_rule_and_no_orphan():
    """The object that names the Windows that made the store is passed over, listed or not."""
    version = "{6a1f5c6f-72b7-11d2-acf0-0060b0ecca17}"
    odd = real.rule(version, data=blob(VERSION_OBJECT))
    expected = read_store(real.changed())
    assert read_store(real.changed(odd)) == expected
    listing = real.policy(rules=[version, real.BLOCK_RULE, real.ALLOW_RULE, real.DEFAULT_RULE], name="GSecurity Policy")
    assert read_store(real.changed(odd, listing)) == expected


def test_names_descriptions_and_settings():
    """Names and descriptions come from values, zero intervals and lifetimes read as what they stand for."""
    named = real.rule(real.BLOCK_RULE, filters=real.BLOCK_LIST, action=real.BLOCK, name="Block all")
    described = named.with_value(string("description", "why"))
    settings_key = real.policy(
        rules=[real.BLOCK_RULE], name="p", data=blob("samba-policy-72385230")[:20] + bytes(5)
    ).with_value(string("description", "what"))
    main = real.main_mode(data=blob("samba-isakmppolicy-72385231"))
    store = read_store(real.changed(described, settings_key, main))
    assert store.rules[real.BLOCK_RULE] == Rule(
        "Block all", real.POLICY, real.BLOCK_LIST, real.BLOCK, description="why"
    )
    found = store.policies[real.POLICY]
    assert (found.description, found.polling_interval_seconds, found.main_mode_lifetime_seconds) == (
        "what",
        10800,
        28800,
    )
    assert found.default_rule is None


def test_actions_and_their_types():
    """Action GUIDs decide between block, permit, negotiate and pass-through; the empty offer is soft fallback."""
    soft = blob("samba-negotiationpolicy-72385233")
    store = read_store(
        real.changed(
            real.action(real.PERMIT, "{3F91A81A-7647-11D1-864D-D46A00000000}", name="Request", data=soft),
            real.action(real.BLOCK, real.BLOCK_ACTION, name="Block with offers", data=soft),
        )
    )
    request = store.filter_actions[real.PERMIT]
    assert (request.action, request.inbound_pass_through, request.soft_fallback) == ("negotiate", True, True)
    assert len(request.security_methods) == 4
    assert store.filter_actions[real.BLOCK] == FilterAction("Block with offers", "block")


def test_shared_objects_without_users_are_no_orphans():
    """A list or an action may wait for its first rule."""
    spare = "{00000000-0000-4000-8000-00000000000a}"
    registry = real.changed(
        real.filter_list(spare, "Spare"),
        real.action(spare, real.PERMIT_ACTION, name="Spare"),
        without=[real.ORPHAN_RULE],
    )
    store = read_store(registry)
    assert spare in store.filter_lists
    assert spare in store.filter_actions
    assert store.orphans == ()


def reported(registry: RegistryTree) -> dict[str, str]:
    """Reports by GUID, without that of the known orphan."""
    store = read_store(registry)
    found = [*store.orphans, *store.unreadable]
    assert len({(item.kind, item.guid) for item in found}) == len(found)
    return {item.guid: item.reason for item in found if item.guid != real.ORPHAN_RULE}


MISSING = "but it is not in the store"


def test_a_dangling_assignment():
    """Where the assigned policy is gone, none is active, and that is said."""
    gone = "{00000000-0000-4000-8000-00000000000b}"
    registry = real.changed(real.root(active=gone))
    assert read_store(registry).active == ""
    assert reported(registry) == {gone: f"ActivePolicy names it, {MISSING}"}


def test_rules_that_lost_their_list_or_action():
    """A rule with a dangling reference stays, with the GUID that dangles."""
    registry = real.changed(without=[real.BLOCK_LIST, real.PERMIT, real.ORPHAN_RULE])
    store = read_store(registry)
    assert store.rules[real.BLOCK_RULE].filter_list == real.BLOCK_LIST
    assert store.rules[real.ALLOW_RULE].filter_action == real.PERMIT
    assert reported(registry) == {
        real.BLOCK_LIST: f"rule {real.BLOCK_RULE} refers to it, {MISSING}",
        real.PERMIT: f"rule {real.ALLOW_RULE} refers to it, {MISSING}",
    }


def test_a_rule_without_a_list_but_with_an_ordinary_action():
    """Only an action of the default-response type makes a rule the default rule: this one lost its list."""
    registry = real.changed(real.rule(real.BLOCK_RULE, action=real.BLOCK, name="Block"))
    store = read_store(registry)
    assert store.rules[real.BLOCK_RULE].filter_list == ""
    assert store.policies[real.POLICY].default_rule.guid == real.DEFAULT_RULE
    assert reported(registry) == {
        real.BLOCK_RULE: f"rule 'Block' {real.BLOCK_RULE} refers to no ipsecFilter",
    }


def test_a_rule_without_an_action():
    """A rule that refers to no action keeps none."""
    registry = real.changed(real.rule(real.BLOCK_RULE, filters=real.BLOCK_LIST))
    assert read_store(registry).rules[real.BLOCK_RULE].filter_action == ""
    assert reported(registry) == {real.BLOCK_RULE: f"rule {real.BLOCK_RULE} refers to no ipsecNegotiationPolicy"}


def test_a_listed_rule_that_is_gone():
    """A policy may list a rule that is not there."""
    assert reported(real.changed(without=[real.BLOCK_RULE])) == {
        real.BLOCK_RULE: f"policy 'GSecurity Policy' {real.POLICY} refers to it, {MISSING}"
    }


def test_a_default_rule_that_lost_its_action():
    """Without its action the default rule has no methods."""
    registry = real.changed(without=[real.DEFAULT_ACTION])
    assert read_store(registry).policies[real.POLICY].default_rule == DefaultRule(security_methods=())
    assert reported(registry) == {
        real.DEFAULT_ACTION: f"default response rule {real.DEFAULT_RULE} refers to it, {MISSING}"
    }


def test_a_second_default_rule():
    """A policy has one default rule; another is a leftover, and so is a default action without a rule."""
    second, spare = "{00000000-0000-4000-8000-00000000000c}", "{00000000-0000-4000-8000-00000000000d}"
    listing = real.policy(rules=[real.DEFAULT_RULE, second], name="p")
    registry = real.changed(
        listing,
        real.rule(second, action=real.DEFAULT_ACTION),
        real.action(spare, real.SECURE_ACTION, real.DEFAULT_RESPONSE),
        without=[real.BLOCK_RULE, real.ALLOW_RULE],
    )
    assert read_store(registry).policies[real.POLICY].default_rule.guid == real.DEFAULT_RULE
    assert reported(registry) == {
        second: f"policy 'p' {real.POLICY} has a default response rule already",
        spare: "no default response rule uses it",
    }


def test_a_default_action_that_an_ordinary_rule_uses():
    """What a rule uses is its action, whatever type it is of."""
    registry = real.changed(real.rule(real.BLOCK_RULE, filters=real.BLOCK_LIST, action=real.DEFAULT_ACTION))
    assert read_store(registry).filter_actions[real.DEFAULT_ACTION].action == "negotiate"


def test_two_policies_that_list_the_same_rule():
    """A rule belongs to one policy; that another lists it too is said."""
    other = "{00000000-0000-4000-8000-00000000000e}"
    registry = real.changed(real.policy(other, rules=[real.BLOCK_RULE], name="other"))
    assert read_store(registry).rules[real.BLOCK_RULE].policy == real.POLICY
    assert reported(registry) == {
        real.BLOCK_RULE: f"policy 'other' {other} lists it too, but a rule belongs to one policy"
    }


def test_main_mode_parts_without_policies_and_the_other_way_round():
    """A policy without its main-mode part keeps usual settings and no methods; a part without a policy is left over."""
    spare = "{00000000-0000-4000-8000-00000000000f}"
    registry = real.changed(real.main_mode(spare), without=[real.MAIN_MODE])
    found = read_store(registry).policies[real.POLICY]
    assert (found.main_mode_methods, found.main_mode_lifetime_seconds) == ((), 28800)
    assert reported(registry) == {
        real.MAIN_MODE: f"policy 'GSecurity Policy' {real.POLICY} refers to it, {MISSING}",
        spare: "no policy uses it",
    }


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (real.filter_list(real.BLOCK_LIST, "Block List", b"\1"), "ipsecFilter data, byte 0: expected a whole marker"),
        (real.rule(real.BLOCK_RULE, data=b"", filters=real.BLOCK_LIST), "ipsecNFA data, byte 0"),
        (real.rule(real.BLOCK_RULE, data=None, filters=real.BLOCK_LIST), "it has no value ipsecData"),
        (real.action(real.BLOCK, real.BLOCK_ACTION, data=b"x" * 40), "the marker of ipsecNegotiationPolicy"),
        (real.action(real.BLOCK, real.POLICY), f"its action is {real.POLICY}, which no document names"),
        (real.action(real.BLOCK, "", real.ORDINARY), "its action is missing"),
        (real.action(real.BLOCK, real.BLOCK_ACTION, real.POLICY), f"its type is {real.POLICY}"),
        (real.main_mode(data=b""), "ipsecISAKMPPolicy data"),
        (real.policy(name="p", data=b"short"), "ipsecPolicy data"),
        (
            real.filter_list(real.BLOCK_LIST, "x").with_value(string("className", "ipsecNFA")),
            "its key says ipsecFilter, its className 'ipsecNFA'",
        ),
    ],
)
def test_unreadable_objects_are_reported_and_the_rest_is_read(key, reason):
    """An object that cannot be understood never hides the others."""
    store = read_store(real.changed(key))
    (report,) = store.unreadable
    assert report.kind + report.guid == key.name
    assert reason in report.reason
    assert report.owner == (real.POLICY if report.kind == "ipsecNFA" else "")
    assert real.POLICY in store.policies
    assert store.active == real.POLICY
    assert real.ALLOW_LIST in store.filter_lists


def test_reports_hold_no_keys():
    """A rule whose blob is cut behind its pre-shared key is reported without it."""
    cut = blob("vpnease-nfa-psk")[:60]
    store = read_store(real.changed(real.rule(real.BLOCK_RULE, data=cut, filters=real.BLOCK_LIST, action=real.BLOCK)))
    assert "Secret" not in repr(store)
    whole = real.rule(real.BLOCK_RULE, data=blob("vpnease-nfa-psk"), filters=real.BLOCK_LIST, action=real.BLOCK)
    read = read_store(real.changed(whole))
    assert read.rules[real.BLOCK_RULE].auth_methods == (PresharedKey("Secret-123"),)
    assert "Secret" not in repr(read)


@given(st.data())
@settings(max_examples=150)
def test_no_damage_to_a_store_is_an_exception(data):
    """Whatever is missing, cut or swapped in a store, reading it gives a store."""
    keys = real.real_keys()
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(keys) - 1))
        key = keys[at]
        how = data.draw(st.sampled_from(["key", "value", "type", "cut", "swap"]))
        if how == "key" or not key.values:
            del keys[at]
        else:
            value = data.draw(st.sampled_from(key.values))
            other = data.draw(st.sampled_from([item for item in keys if item.values])).values[-1]
            keys[at] = {
                "value": replace(key, values=tuple(item for item in key.values if item is not value)),
                "type": key.with_value(value._replace(type=data.draw(st.integers(0, 12)))),
                "cut": key.with_value(value._replace(data=value.data[: data.draw(st.integers(0, 40))])),
                "swap": key.with_value(other._replace(name=value.name)),
            }[how]
        if not keys:
            break
    assert isinstance(read_store(tree(keys)), Store)


@given(st.binary(max_size=60))
def test_any_data_is_a_report_or_an_object(raw):
    """Data of any bytes leaves a store that can be read."""
    keys = [key.with_value(binary("ipsecData", raw)) for key in real.real_keys()[1:]]
    assert len(read_store(tree(keys)).unreadable) <= len(keys)
