"""Guesses about deletes, rules, the registry, files and sessions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from guess_plays import RULE, accepts, case
from netsh_desk import Desk
from winipsec_lab.matcher import Packet, decide

# ---------------------------------------------------------------------- deletes


@case("in_use", owners=True, rules=False)
def _(desk):
    desk.store.write(desk.list().changed_to(owners=()))
    return desk.works("delete filterlist name=l")


@case("delete_all_in_use", deletes_rest=["l"], refuses_all=["l", "m"])
def _(desk):
    desk.ok("add filterlist name=m")
    assert not desk.works("delete filterlist all")
    return sorted(entry.name for entry in desk.store.entries("ipsecFilter"))


@case("delete_rule_all", keeps_default=1, with_default=0)
def _(desk):
    desk.ok("delete rule all policy=p")
    return len(desk.store.entries("ipsecNFA"))


@case("delete_all_orphans", deleted=0, kept=1)
def _(desk):
    desk.store.write(dataclasses.replace(desk.rule_entry(), guid="{00000000-0000-4000-8000-000000000000}"))
    desk.ok("delete all")
    return len(desk.store.entries())


# ---------------------------------------------------------------------- rules

accepts("tunnel_mirrored", f"{RULE} tunnel=198.51.100.1", "accepted", "refused")
accepts("second_psk", f"{RULE} psk=one psk=two", "accepted", "refused")
accepts("certmap_outside_domain", f'{RULE} rootca="CN=A certmap:yes"', "accepted", "refused")


@case("rule_on_empty_list", accepted=True, refused=False)
def _(desk):
    desk.ok("add filterlist name=empty")
    return desk.works("add rule name=s policy=p filterlist=empty filteraction=a")


@case("tunnel_clear", never="", zero_address="0.0.0.0", empty='""', none="none")
def _(desk):
    desk.ok("add filterlist name=m", "add rule name=s policy=p filterlist=m filteraction=a tunnel=198.51.100.1")
    clears = [text for text in ("0.0.0.0", '""', "none") if desk.works(f"set rule name=s policy=p tunnel={text}")]
    assert desk.rule("s").is_tunnel == (not clears)
    return "".join(clears)


@case("authentication_order", command_line=["psk", "kerberos"], kerberos_first=["kerberos", "psk"])
def _(desk):
    return [each.kind for each in desk.ok(f"{RULE} psk=k kerberos=yes").rule("s").authentications]


@case("kerberos_no", refused=None, kerberos=["kerberos"])
def _(desk):
    return [each.kind for each in desk.rule("s").authentications] if desk.works(f"{RULE} kerberos=no") else None


def blob_after(arguments: str, *names: str) -> Callable[[Desk], Any]:
    """The length of a rule's blob; its fields stay what they are."""

    def play(desk: Desk) -> int:
        desk.ok(f"{RULE} {arguments}")
        assert desk.rule("s").authentications[0].text in names
        return len(desk.rule_entry("s").data)

    return play


# 115 bytes with Kerberos, whose data are 2 bytes in the first list and none in the second: 113 without any data
case("certificate_end", nul=113 + 10 + 10, none=113 + 8 + 8)(blob_after('rootca="CN=A"', "CN=A"))
case("psk_alternate", repeated=113 + 4 + 4, empty=113 + 4)(blob_after("psk=k", "k"))
case("certificate_alternate", repeated=113 + 10 + 10, empty=113 + 10)(blob_after('rootca="CN=A"', "CN=A"))


@case("final_byte", after="08 00", before="01 08")
def _(desk):
    data = desk.ok(f"{RULE} tunnel=2001:db8::108").rule_entry("s").data
    assert desk.rule("s").tunnel_text == "2001:db8::108"
    return data[-2:].hex(" ")


# ---------------------------------------------------------------------- the registry


@case("rule_references", appended=["", "r", "s"], prepended=["s", "r", ""])
def _(desk):
    desk.ok("delete all", "add policy p", "add filterlist l", "add filteraction a")
    desk.ok("add rule r p l a", "add rule s p l a")
    return [rule.name or "" for rule in desk.store.rules_of(desk.policy())]


@case("guid_case", lower=True, upper=False)
def _(desk):
    entry = desk.ok("add filteraction name=c").action("c")
    values = desk.values(entry)
    lower = entry.guid == entry.guid.lower()
    assert values["name"].endswith(values["ipsecID"])
    assert (values["ipsecNegotiationPolicyAction"] == values["ipsecNegotiationPolicyAction"].lower()) == lower
    return lower


case("class_name", className=True, ClassName=False)(
    lambda desk: "className" in desk.values(desk.ok("add filterlist name=m").list("m"))
)
case("unused_owners", absent=None, empty=())(
    lambda desk: desk.values(desk.ok("add filterlist name=m").list("m")).get("ipsecOwnersReference")
)


# ---------------------------------------------------------------------- stores, files, sessions

accepts("domain_store", "set store location=domain", "later", "refused")
accepts("persistent_store", "set store location=persistent", "accepted", "refused")
accepts("policy_examples", "restorepolicyexamples release=win2003", "always", "never", generation=False)


@case("batch_at_end", applied=2, lost=1)
def _(desk):
    desk.script("ipsec static\nset batch enable\nadd filterlist name=m\n")
    return len(desk.store.entries("ipsecFilter"))


@case("export_extension", appended=True, kept=False)
def _(desk):
    desk.ok(r"exportpolicy C:\x")
    return desk.machine.files.is_file(r"C:\x.ipsec")


@case("export_assignment", left_out=False, kept=True)
def _(desk):
    desk.ok(
        "set policy name=p assign=yes", "exportpolicy x.ipsec", "set policy name=p assign=no", "importpolicy x.ipsec"
    )
    return bool(desk.store.active)


@case("import_clash", replaces=(True, 1), keeps=(True, 2), refused=(False, 1))
def _(desk):
    other = Desk().ok("add policy name=p", "exportpolicy x.ipsec")
    desk.machine.files.write(r"C:\x.ipsec", other.machine.files.read(r"C:\x.ipsec"))
    return desk.works("importpolicy x.ipsec"), len(desk.store.entries("ipsecPolicy"))


@case("dump_psk", hidden=False, shown=True)
def _(desk):
    return "hush-hush" in desk.ok(f"{RULE} psk=hush-hush").netsh("ipsec dump").out


case("failure_code", _1=1, _0=0)(lambda desk: desk.static("delete policy name=x").code)
case("error_stream", stdout=(True, False), stderr=(False, True))(
    lambda desk: tuple("ERR IPsec[" in text for text in desk.static("delete policy name=x")[1:])
)
case("help_code", _0=(0, 0, 0), _1=(1, 1, 1))(
    lambda desk: tuple(desk.netsh(tail).code for tail in ("?", "ipsec static add policy ?", "ipsec /?"))
)


@case("script_failure", continues=(1, True), stops=(1, False))
def _(desk):
    answer = desk.script("ipsec static\nadd policy name=p\nadd filterlist name=m\n")
    return answer.code, any(entry.name == "m" for entry in desk.store.entries())


case("stdin_failure", counted=1, ignored=0)(lambda desk: desk.netsh("", b"nonsense\n").code)
case("stdin_code_page", console="ü", ansi="Ã¼")(
    lambda desk: (
        desk.netsh("", 'ipsec static add filterlist name="ü"\n'.encode()),
        next(entry.name for entry in desk.store.entries("ipsecFilter") if entry.name != "l"),
    )[1]
)


@case("assigned_change", at_once=["dropped", "passes"], at_next_assign=["dropped", "dropped"])
def _(desk):
    packet = Packet("in", "10.77.0.1", "192.0.2.9", 6, 80, 5000)
    desk.ok("set policy name=p assign=y")
    seen = [decide(desk.machine, packet).result]
    desk.ok("set rule name=r policy=p activate=no")
    seen.append(decide(desk.machine, packet).result)
    desk.ok("set policy name=p assign=y")
    assert decide(desk.machine, packet).result == "passes"
    return seen
