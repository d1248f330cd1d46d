"""Guesses about words, names, policies, actions and filters."""

from __future__ import annotations

import dataclasses
from typing import Any

from guess_plays import ACTION, FILTER, PAIR, RULE, accepts, case, texts
from netsh_desk import Desk
from winipsec_lab.store.filter_blob import decode_filter_list
from winipsec_lab.store.policy_blob import decode_policy
from winipsec_lab.store.rule_blob import decode_rule

# ---------------------------------------------------------------------- words and names

accepts("unknown_tag", "set defaultrule policy=p description=x", "ignored", "refused")
accepts("ambiguous_tag", "set policy n=p assign=no", "first", "refused")


@case("name_all", refused=False, allowed=True)
def _(desk):
    return desk.works("add filterlist name=all")


@case("repeated_tag", refused=None, first="one", last="two")
def _(desk):
    return desk.action("c").description if desk.works(f"{ACTION} description=one description=two") else None


@case("bare_word", ignored=("p2", None), refused=None, positional=("p2", "d"))
def _(desk):
    if not desk.works("add policy name=p2 d"):
        return None
    return "p2", desk.policy("p2").description


@case("name_is_all", word=0, name=1)
def _(desk):
    desk.static("delete policy name=all")
    return len(desk.store.entries("ipsecPolicy"))


@case("name_case", insensitive=False, sensitive=True)
def _(desk):
    return desk.works("add policy name=P")


@case("duplicate_name", refused=1, allowed=2)
def _(desk):
    desk.static("add filterlist name=l")
    return len(desk.store.entries("ipsecFilter"))


accepts("duplicate_rule_name", "add rule name=r policy=p filterlist=l filteraction=a", "allowed", "refused")


@case("ambiguous_name", first="first", last="last", refused="refused")
def _(desk):
    original = desk.list()
    for digit in "0f":
        guid = "{" + digit * 8 + original.guid[9:]
        desk.store.write(dataclasses.replace(original, guid=guid, name="twin", owners=()))
    if not desk.works("set filterlist name=twin description=this"):
        return "refused"
    first, last = (entry for entry in desk.store.entries("ipsecFilter") if entry.name == "twin")
    assert bool(first.description) != bool(last.description)
    return "first" if first.description else "last"


@case("rename_case_only", allowed=True, refused=False)
def _(desk):
    return desk.works("set policy name=p newname=P")


@case("empty_description", clears=(True, None), empty=(True, ""), keeps=(True, "d"), refused=(False, "d"))
def _(desk):
    desk.ok("set policy name=p description=d")
    return desk.works("set policy name=p description="), desk.policy().description


# ---------------------------------------------------------------------- policies


@case("rule_id_order", references=["s"], reversed=["r"])
def _(desk):
    desk.ok(RULE, "delete rule id=1 policy=p")
    return [rule.name for rule in desk.store.rules_of(desk.policy()) if rule.name]


@case("rule_id_default", not_counted=True, counted=False)
def _(desk):
    return desk.works("set rule id=1 policy=p description=x")


@case("polling_unit", minutes=600, seconds=10)
def _(desk):
    desk.ok("set policy name=p pollinginterval=10")
    return decode_policy(desk.policy().data)


@case("default_rule_active", generation=False, no=False, yes=True)
def _(desk):
    desk.ok("add policy name=q")
    return decode_rule(desk.default("q").data).active


@case("default_rule_object", always=True, when_active=False)
def _(desk):
    desk.ok("add policy name=q")
    return desk.default("q") is not None


@case("default_rule_off", inactive=(True, 2), orphan=(False, 2))
def _(desk):
    desk.ok("set policy name=p activatedefaultrule=no")
    return desk.default() is not None, len(desk.store.entries("ipsecNFA"))


accepts("set_defaultrule_idle", "set defaultrule policy=p qmpfs=yes", "accepted", "refused")


@case("main_mode_defaults", mmc="3DES-SHA1-2", windows2000="3DES-SHA1-2 3DES-MD5-2 DES-SHA1-1 DES-MD5-1")
def _(desk):
    desk.ok("add policy name=q")
    return " ".join(each.text() for each in desk.main_mode("q").methods)


@case("method_limits", repeated=(7, [7]), policy_only=(7, [0]))
def _(desk):
    desk.ok("set policy name=p qmpermm=7")
    main_mode = desk.main_mode()
    return main_mode.quick_mode_limit, [each.quick_mode_limit for each in main_mode.methods]


@case("dh2048", group=((0, 0, 0, 0), 0), new_dh=((4, 0, 0, 0), None), random_function=((0, 0, 0, 0), 4))
def _(desk):
    desk.ok("set policy name=p mmsecmethods=3DES-SHA1-3")
    main_mode = desk.main_mode()
    assert [each.text() for each in main_mode.methods] == ["3DES-SHA1-3"]
    return main_mode.new_dh, None if any(main_mode.new_dh) else main_mode.methods[0].random_function


accepts("gponame_local", "set policy name=p gponame=g", "ignored", "refused")
accepts("unassign_idle", "set policy name=p assign=no", "accepted", "refused")


@case("delete_active_policy", clears=(True, "", 0), refused=(False, "policy", 1))
def _(desk):
    desk.ok("set policy name=p assign=yes")
    done = desk.works("delete policy name=p")
    return done, "policy" if desk.store.active else "", len(desk.store.entries("ipsecPolicy"))


@case("touch_policy", no=False, yes=True)
def _(desk):
    before = desk.policy().changed
    desk.machine.clock.advance(100)
    desk.ok(f"{FILTER} {PAIR}")
    return desk.policy().changed >= before + 100


# ---------------------------------------------------------------------- filter actions


def fresh_action(desk: Desk, arguments: str = "") -> Any:
    """A new action and its offers."""
    desk.ok(f"{ACTION} {arguments}")
    return desk.action("c"), desk.offers("c")


case("action_default", negotiate="{8a171dd3", permit="{8a171dd2", block="{3f91a819")(
    lambda desk: fresh_action(desk)[0].action_guid[:9]
)
case("qmpfs_default", no=False, yes=True)(lambda desk: fresh_action(desk)[1][0].pfs)
case("inpass_default", no="{8a171dd3", yes="{3f91a81a")(lambda desk: fresh_action(desk)[0].action_guid[:9])
case("soft_default", no=False, yes=True)(lambda desk: not fresh_action(desk)[1][-1].algorithms)
case("quick_mode_defaults", mmc=2, windows2000=4)(lambda desk: len(fresh_action(desk)[1]))
case("offer_lifetime", zero="ESP[DES,MD5]", common="ESP[DES,MD5]:100000k/3600s")(
    lambda desk: fresh_action(desk, "qmsecmethods=ESP[DES,MD5]")[1][0].text()
)
accepts("lifetime_limits", f"{ACTION} qmsecmethods=ESP[DES,MD5]:100k/10s", "ignored", "enforced")
accepts("esp_none", f"{ACTION} qmsecmethods=ESP[None,None]", "accepted", "refused")
case("ah_esp_order", ah_first="AH", esp_first="ESP")(
    lambda desk: fresh_action(desk, "qmsecmethods=AH[MD5]+ESP[DES,None]")[1][0].algorithms[0].protocol
)
accepts("ignored_methods", f"{ACTION} action=block qmsecmethods=rubbish", "unchecked", "checked")
accepts("inpass_elsewhere", f"{ACTION} action=permit inpass=yes", "ignored", "refused")


@case("set_action_inpass", keeps="{3f91a81a", resets="{8a171dd3")
def _(desk):
    desk.ok("set filteraction name=a inpass=yes", "set filteraction name=a action=negotiate")
    return desk.action().action_guid[:9]


@case("set_action_offers", dropped=0, kept=2)
def _(desk):
    desk.ok("set filteraction name=a action=block")
    return len(desk.offers())


# ---------------------------------------------------------------------- filters

case("raw_protocol", _255=255, _0=0)(lambda desk: desk.ok(f"{FILTER} {PAIR} protocol=raw").filters()[-1].protocol)
case("mirrored_default", yes=True, no=False)(lambda desk: desk.ok(f"{FILTER} {PAIR}").filters()[-1].mirrored)
accepts("port_without_protocol", f"{FILTER} {PAIR} dstport=5", "accepted", "refused")
case("host_bits", masked="10.0.0.0/255.0.0.0 -> me mirrored", kept="10.1.2.3/255.0.0.0 -> me mirrored")(
    lambda desk: texts(desk.ok(f"{FILTER} srcaddr=10.1.2.3 srcmask=8 dstaddr=me"))[-1]
)
accepts("word_mask", f"{FILTER} {PAIR} dstmask=32", "ignored", "refused")
accepts("zero_mask", f"{FILTER} srcaddr=10.0.0.1 srcmask=0.0.0.0 dstaddr=me", "any", "refused")
accepts("torn_mask", f"{FILTER} srcaddr=10.0.0.1 srcmask=255.0.255.0 dstaddr=me", "accepted", "refused")
accepts("slash_prefix", f"{FILTER} srcaddr=10.0.0.0/8 dstaddr=me", "accepted", "refused")
accepts("ipv6_prefix", f"{FILTER} srcaddr=2001:db8:: srcmask=64 dstaddr=me", "_128", "_32")
accepts("me_to_me", f"{FILTER} srcaddr=me dstaddr=me", "accepted", "refused")
case("dns_name", stored="web1.example.test", dropped="")(
    lambda desk: desk.ok(f"{FILTER} srcaddr=web1.example.test dstaddr=any").filters()[-1].source_dns
)
case("server_mask", ones=0xFFFFFFFF, zeros=0)(
    lambda desk: desk.ok(f"{FILTER} srcaddr=dns dstaddr=me").filters()[-1].source.bound
)
case("server_form", v1=1, v2=2)(lambda desk: desk.ok(f"{FILTER} srcaddr=dns dstaddr=me").filters()[-1].version)


def parts(desk: Desk) -> Any:
    """Both parts of the list."""
    return decode_filter_list(desk.list().data)


case("range_form", v1_and_v2=(3, 8), v2=(1, 0))(
    lambda desk: (
        len(parts(desk.ok(f"{FILTER} srcaddr=10.0.0.1-10.0.0.2 dstaddr=me")).v1),
        parts(desk).v2[0].flags,
    )
)
case("any_beside_ipv6", ipv6=6, both=0)(
    lambda desk: desk.ok(f"{FILTER} srcaddr=any dstaddr=2001:db8::1").filters()[-1].source.version
)
case("me_beside_ipv6", both=0, ipv6=6)(
    lambda desk: desk.ok(f"{FILTER} srcaddr=me dstaddr=2001:db8::1").filters()[-1].source.version
)


def v2_words(desk: Desk) -> tuple[int, int]:
    """Length and V1 count that the V2 part says."""
    blob = desk.ok(f"{FILTER} srcaddr=me dstaddr=2001:db8::1").list().data
    place = blob.index(bytes.fromhex("3dcdfe3529ae7343")) + 16
    return int.from_bytes(blob[place : place + 4], "little"), int.from_bytes(blob[place + 4 : place + 8], "little")


case("v2_count", repeated=1, zero=0)(lambda desk: v2_words(desk)[1])
case("v2_length", filters=142, with_counts=150)(lambda desk: v2_words(desk)[0])
case("filter_order", appended=["any", "me"], prepended=["me", "any"])(
    lambda desk: [each.source.kind for each in desk.ok(f"{FILTER} srcaddr=me dstaddr=any").filters()]
)
accepts("duplicate_filter", f"{FILTER} {PAIR} protocol=tcp dstport=80", "accepted", "refused")
accepts("delete_filter", f"delete filter filterlist=l {PAIR}", "named_only", "defaults")
