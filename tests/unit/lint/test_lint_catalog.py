"""Which rules apply: by id, by name, by severity; and that rules know no more than they should."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from winipsec.errors import UserError
from winipsec.lint.catalog import catalog, chosen, lint
from winipsec.lint.example import BLOCK, ENCRYPT, POLICY, example, parse_filter, sketch
from winipsec.lint.finding import Severity
from winipsec.model.invalid import Invalid
from winipsec.model.methods import Esp, MainModeMethod, PresharedKey, SecurityMethod

FOLDER = Path(__file__).parents[3] / "provider" / "winipsec" / "lint"


def ids(*arguments, **keywords):
    """The ids of the chosen rules."""
    return [rule.id for rule in chosen(*arguments, **keywords)]


def test_all_rules_apply_where_nothing_is_said():
    """In the order of their ids."""
    assert ids() == [rule.id for rule in catalog()] == sorted(rule.id for rule in catalog())


@pytest.mark.parametrize("word", ["WIP401", "wip401", " source-port-hole ", "SOURCE-PORT-HOLE"])
def test_a_rule_goes_by_its_id_and_by_its_name(word):
    """In any case, with blanks around it."""
    assert ids([word]) == ["WIP401"]


def test_the_beginning_of_ids_means_all_of_them():
    """`WIP4` is the whole chapter."""
    assert set(ids(["WIP4"])) == {f"WIP40{number}" for number in range(1, 10)}
    assert not any(name.startswith("WIP6") for name in ids((), ["WIP6"]))


def test_ignored_goes_before_wanted_and_severity_before_both():
    """What is ignored never applies."""
    assert ids(["WIP4"], ["WIP401", "ipv6-uncovered"], Severity.ERROR) == ["WIP403", "WIP405"]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("WIP999", "WIP"),
        ("source-port-whole", "Did you mean source-port-hole?"),
        ("", "Rules are named WIP101"),
        ("xyzzy", "Rules are named WIP101"),
    ],
)
def test_an_unknown_rule_is_refused_with_a_hint(word, hint):
    """A typing error must not switch a rule off, or all but none on."""
    for arguments in ([[word]], [[], [word]]):
        with pytest.raises(UserError) as caught:
            chosen(*arguments)
        assert hint in str(caught.value)


def test_the_worst_comes_first_and_equal_subjects_give_equal_reports():
    """Errors, warnings, notes; each in the order of the rules."""
    subject = example(
        sketch("Database", ENCRYPT, "tcp any <-> me port 1433", auth_methods=(PresharedKey("short"),)),
        policy=POLICY,
        besides=[BLOCK],
    )
    reports = lint(subject)
    assert [report.rule.id for report in reports] == ["WIP203", "WIP201", "WIP606"]
    assert reports == lint(subject)


def test_no_finding_repeats_a_secret():
    """Not even the rules about keys quote one, nor do any of the examples."""
    key = "a-key-that-nobody-may-see"
    methods = (PresharedKey(key), PresharedKey(key[:9]))
    for action in (ENCRYPT, BLOCK):
        for report in lint(example(sketch("Database", action, "tcp any <-> me port 1433", auth_methods=methods))):
            assert key[:9] not in repr(report.finding)


def test_rules_know_only_values_and_traffic():
    """No rule reads a registry, a host or a file."""
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("winipsec."):
                assert node.module.split(".")[1] in {"lint", "model", "traffic", "errors", "_version"}, path


def test_an_empty_store_has_nothing_wrong():
    """No policy, no rule, no finding."""
    assert lint(type(example())(example().store.without("planned:policy:protection"))) == []


@pytest.mark.parametrize("text", ["", "tcp any me", "tcp any -> me port http", "tcp any => me", "any -> me"])
def test_what_is_no_filter_is_refused(text):
    """Examples cannot be mistyped unnoticed."""
    with pytest.raises(Invalid, match="is not a filter"):
        parse_filter(text)


def test_filters_read_as_they_are_shown():
    """The words of a filter are those in which it is shown."""
    for text in ("tcp any <-> me port 80", "udp me port 68 -> dhcp port 67", "47 10.0.0.0/8 -> me", "any ::/0 <-> me"):
        assert str(parse_filter(text)) == text


# What lies just on either side of each limit (spec: ipsec-policy 1.5, 1.6).
def offers(**changes):
    """The rules that find something in one offer of ESP with 3DES and SHA-1, changed so."""
    method = SecurityMethod(esp=Esp("3des", "sha1"), **changes)
    action = type(ENCRYPT)("Encrypt", security_methods=(method,))
    return [report.rule.id for report in lint(example(sketch("Database", action, "tcp any <-> me port 1433")))]


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"lifetime_seconds": 0, "lifetime_kilobytes": 0}, []),
        ({"lifetime_seconds": 86_400}, []),
        ({"lifetime_seconds": 86_401}, ["WIP111"]),
        ({"lifetime_seconds": 300}, []),
        ({"lifetime_seconds": 299}, ["WIP113"]),
        ({"lifetime_kilobytes": 4_194_304}, []),
        ({"lifetime_kilobytes": 4_194_305}, ["WIP112"]),
        ({"lifetime_kilobytes": 20_480}, []),
        ({"lifetime_kilobytes": 20_479}, ["WIP113"]),
        ({"ah": "md5"}, ["WIP102"]),
        ({"ah": "sha1"}, []),
    ],
)
def test_limits_of_offers(changes, rules):
    """The limit itself is well, one beyond is not; 0 is the system's default."""
    assert offers(**changes) == rules


@pytest.mark.parametrize(
    ("length", "rules"), [(19, ["WIP203", "WIP201"]), (20, ["WIP201"])], ids=["nineteen", "twenty"]
)
def test_the_limit_of_keys(length, rules):
    """Twenty characters are the least."""
    subject = example(
        sketch("Database", ENCRYPT, "tcp any <-> me port 1433", auth_methods=(PresharedKey("k" * length),))
    )
    assert [report.rule.id for report in lint(subject)] == rules


@pytest.mark.parametrize(
    ("first", "second", "rules"),
    [
        (("3des", "sha1", "group14"), ("3des", "sha1", "group2"), ["WIP106"]),
        (("3des", "sha1", "group2"), ("3des", "sha1", "group14"), ["WIP106", "WIP117"]),
        (("3des", "md5", "group14"), ("3des", "sha1", "group2"), ["WIP104", "WIP106"]),
        (("des", "sha1", "group14"), ("3des", "sha1", "group14"), ["WIP103", "WIP117"]),
    ],
)
def test_only_what_is_weaker_in_everything_is_weaker(first, second, rules):
    """A better group beside a worse hash is a matter of taste."""
    methods = (MainModeMethod(*first), MainModeMethod(*second))
    policy = type(POLICY)("Protection", description="Tested", main_mode_methods=methods)
    subject = example(sketch("Database", ENCRYPT, "tcp any <-> me port 1433"), policy=policy)
    assert [report.rule.id for report in lint(subject)] == rules
