"""`show`: what little is known about it, in every language (spec: ipsec-policy 3)."""

from __future__ import annotations

import json

import pytest
from netsh_desk import ERROR, Desk
from winipsec_lab.machine.languages import LANGUAGES
from winipsec_lab.netsh import texts
from winipsec_lab.netsh.errors import IPSEC_NUMBERS, WIN32_NUMBERS
from winipsec_lab.netsh.grammar import COMMANDS
from winipsec_lab.netsh.handlers import HANDLERS
from winipsec_lab.netsh.texts import Texts
from winipsec_lab.store.registry_store import CACHE, DOMAIN_POINTER, LOCAL

SHOWS = [
    "show all",
    "show all format=table wide=yes",
    "show policy all",
    "show policy name=p level=verbose",
    "show policy p verbose table y",
    "show rule name=r policy=p",
    "show rule id=1 policy=p level=verbose",
    "show rule all p type=transport",
    "show rule default policy=p",
    "show filterlist all",
    "show filterlist name=l resolvedns=yes",
    "show filterlist rule=r level=verbose",
    "show filteraction all",
    "show filteraction name=b level=verbose",
    "show filteraction rule=r",
    "show gpoassignedpolicy",
    "show store",
]


@pytest.mark.parametrize("line", SHOWS)
def test_every_show_answers_and_owns_up(full, line):
    """Each show works, changes nothing and says that its layout is not Microsoft's."""
    before = full.content()
    answer = full.static(line)
    assert answer.code == 0
    assert "laboratory" in answer.out
    assert full.content() == before


def test_a_policy_name_stands_behind_its_label(full):
    """Without blanks the line reads `PolicyName:p`; a known script compares exactly that."""
    lines = full.static("show policy name=p").out.splitlines()
    assert "PolicyName:p" in ["".join(line.split()) for line in lines]


@pytest.mark.parametrize("line", ["show policy name={}", "show filterlist name={}", "show filteraction name={}"])
def test_what_does_not_exist_appears_nowhere(full, line):
    """Scripts look for the name, or for ERR, in standard output."""
    answer = full.static(line.format("Nonesuch"))
    assert answer.code == 1
    assert "Nonesuch" not in answer.out + answer.err
    assert ERROR.search(answer.out)


@pytest.mark.parametrize(
    "line",
    [
        "show rule name=x policy=p",
        "show rule name=r policy=q",
        "show rule all p type=both",
        "show policy all level=loud",
        "show filterlist rule=x",
        "show gpoassignedpolicy name=gpo",
    ],
)
def test_shows_of_what_is_not_there_fail(full, line):
    """Unknown rules and policies, impossible values, GPOs without a domain."""
    assert full.static(line).code == 1


def test_numbers_in_show_rule_are_those_that_id_takes(full):
    """The number shown for a rule addresses it."""
    full.ok("add rule name=s policy=p filterlist=l filteraction=a")
    shown = ["".join(line.split()) for line in full.static("show rule all p").out.splitlines()]
    number = shown[shown.index("RuleName:s") - 1].partition(":")[2]
    full.ok(f"delete rule id={number} policy=p")
    assert [rule.name for rule in full.store.rules_of(full.policy())] == [None, "r"]


def test_an_unreadable_object_is_shown_by_its_key(full):
    """A blob of nonsense stops neither show nor dump, but commands that need it fail."""
    key = full.list().key
    registry = full.machine.registry
    registry.set(f"{LOCAL}\\{key}", "ipsecData", registry.get(LOCAL + "\\" + key, "ipsecData")._replace(data=b"junk"))
    assert key in full.static("show all").out
    assert key in full.netsh("ipsec dump").out
    full.refused("add filter filterlist=l srcaddr=me dstaddr=any")


def test_the_assigned_policy_of_the_domain_comes_first(full):
    """The pointer of group policy is shown with the name from the cache, beside the local policy."""
    full.ok("set policy name=p assign=y")
    registry, policy = full.machine.registry, full.policy()
    for name, value in registry.values(f"{LOCAL}\\{policy.key}").items():
        registry.set(f"{CACHE}\\{policy.key}", name, value)
    registry.set(f"{CACHE}\\{policy.key}", "ipsecName", registry.get(LOCAL, "ActivePolicy")._replace(data="From above"))
    path = f"LDAP://CN={policy.key},CN=IP Security,CN=System,DC=example,DC=test"
    registry.set(DOMAIN_POINTER, "DSIPSECPolicyPath", registry.get(LOCAL, "ActivePolicy")._replace(data=path))
    out = full.static("show gpoassignedpolicy").out
    assert out.index("From above") < out.index(": p\r\n")


# ---------------------------------------------------------------------- languages


@pytest.mark.parametrize("locale", LANGUAGES)
def test_output_is_translated_and_input_is_not(locale):
    """The same commands work everywhere; labels and error texts differ, bracketed numbers do not."""
    desk = Desk(locale=locale).furnish()
    assert ("Policy Name" in desk.static("show policy all").out) == (locale == "en-US")
    answer = desk.static("delete policy name=x")
    assert answer.out.startswith(f"ERR IPsec[{IPSEC_NUMBERS['no_policy']}] : ")
    assert ("no such" in answer.out) == (locale == "en-US")


def test_every_text_exists_in_every_language():
    """Five versions each, none of them empty, with the same inserts."""
    for key, versions in texts._all().items():
        assert len(versions) == len(LANGUAGES), key
        assert len({text.count("{") for text in versions}) == 1, key
        assert all(versions), key


def test_every_refusal_has_a_number_and_a_text():
    """No refusal ends in a missing text; the numbers of the lab's own are artificial and all different."""
    assert set(IPSEC_NUMBERS) | set(WIN32_NUMBERS) <= set(texts._all())
    numbers = [*IPSEC_NUMBERS.values(), *WIN32_NUMBERS.values()]
    assert len(set(numbers)) == len(numbers)
    assert {number for number in IPSEC_NUMBERS.values() if not number.startswith("9")} == {"05073"}
    assert Texts("en-US")("bad_value", tag="x").count("x") == 1


def test_texts_are_plain_json():
    """The table can be read by whoever wants to translate it."""
    assert json.loads(json.dumps(texts._all())) == texts._all()


def test_every_command_of_the_grammar_has_code():
    """The table of commands and the table of handlers name the same commands."""
    assert {(each.context, each.verb, each.noun) for each in COMMANDS} == set(HANDLERS)


#: spec: ipsec-policy 1.4, the table of the static context
TABLE = {
    "add policy": "name description mmpfs qmpermm mmlifetime activatedefaultrule pollinginterval assign mmsecmethods",
    "add filterlist": "name description",
    "add filter": "filterlist srcaddr dstaddr description protocol mirrored srcmask dstmask srcport dstport",
    "add filteraction": "name description qmpfs inpass soft action qmsecmethods",
    "add rule": "name policy filterlist filteraction tunnel conntype activate description kerberos psk rootca",
    "set policy": "name guid newname description mmpfs qmpermm mmlifetime activatedefaultrule pollinginterval assign "
    "gponame mmsecmethods",
    "set filterlist": "name guid newname description",
    "set filteraction": "name guid newname description qmpfs inpass soft action qmsecmethods",
    "set rule": "name id policy newname description filterlist filteraction tunnel conntype activate kerberos psk rootca",
    "set defaultrule": "policy qmpfs activate qmsecmethods kerberos psk rootca",
    "set store": "location domain",
    "set batch": "mode",
    "delete policy": "name",
    "delete filterlist": "name",
    "delete filteraction": "name",
    "delete filter": "filterlist srcaddr dstaddr protocol mirrored srcmask dstmask srcport dstport",
    "delete rule": "name id policy",
    "delete all": "",
    "show all": "format wide",
    "show policy": "name level format wide",
    "show rule": "name id policy type level format wide",
    "show filterlist": "name rule level format resolvedns wide",
    "show filteraction": "name rule level format wide",
    "show gpoassignedpolicy": "name",
    "show store": "",
    "exportpolicy": "file",
    "importpolicy": "file",
    "restorepolicyexamples": "release",
}


def test_the_grammar_is_the_documented_table():
    """Every verb, object and argument of the table, in its order, and nothing else."""
    static = {f"{each.verb} {each.noun}".strip(): " ".join(each.tags) for each in COMMANDS if each.context == "static"}
    assert static == TABLE


@pytest.mark.parametrize("line", [f"{command} {tag}=x" for command, tags in TABLE.items() for tag in tags.split()])
def test_every_argument_is_known_in_any_case(desk, line):
    """No documented argument is unknown, however it is written."""
    verb, _, rest = line.partition(" ")
    for text in (line, f"{verb.upper()} {rest.upper()}"):
        assert IPSEC_NUMBERS["unknown_tag"] not in desk.static(text).out
