"""Every rule finds its bad example and no other rule does; its good example is clean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from winipsec.lint.catalog import catalog, lint
from winipsec.lint.finding import Severity

RULES = catalog()
FOLDER = Path(__file__).parents[3] / "provider" / "winipsec" / "lint" / "rules"
SECTIONS = re.compile(r"(ipsec-policy|traffic-engine) \d+(\.\d+)?\Z")

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.id}-{rule.name}")


@each_rule
def test_the_bad_example_is_found_by_its_rule_and_by_no_other(rule):
    """Rules that cannot but find it too are named as companions, and do find it."""
    found = lint(rule.bad)
    assert {report.rule.id for report in found} == {rule.id, *rule.companions}


@each_rule
def test_the_good_example_is_clean(rule):
    """Nothing is found by any rule, not even a note."""
    assert lint(rule.good) == []


@each_rule
def test_findings_say_where_and_what(rule):
    """An object of the store or the host, and a message that goes on where its name ends."""
    store = rule.bad.store
    objects = {**store.policies, **store.rules, **store.filter_lists, **store.filter_actions}
    reported = {item.guid for item in (*store.orphans, *store.unreadable)}
    for finding in rule.find(rule.bad):
        assert finding.kind == "Host" or finding.guid in objects or finding.guid in reported
        assert finding.message
        assert not finding.message.endswith(".")
        if finding.guid in objects:
            assert (finding.kind, finding.name) == (type(objects[finding.guid]).__name__, objects[finding.guid].name)


@each_rule
def test_a_rule_explains_itself(rule):
    """Title, reason with what to do, and the section that the facts stand in."""
    assert re.fullmatch(r"WIP[1-7]\d\d", rule.id)
    assert rule.title
    assert not rule.title.endswith(".")
    assert len(rule.reason) > 80
    assert rule.reason.endswith(".")
    assert SECTIONS.match(rule.citation)


def test_every_file_is_one_rule_with_ids_and_names_of_their_own():
    """Seventy-eight files, as many ids, as many names: nothing hides another."""
    files = [path for path in FOLDER.glob("*.py") if path.name != "__init__.py"]
    assert len(files) == len(RULES) >= 40
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert {rule.name for rule in RULES} == {path.stem.replace("_", "-") for path in files}
    assert {rule.severity for rule in RULES} == set(Severity)


def test_files_of_rules_stay_small():
    """A rule that grows is two rules, or belongs into the engine: half of them have fewer than 45 lines."""
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in FOLDER.glob("*.py"))
    assert lengths[len(lengths) // 2] < 45
    assert lengths[-1] < 80
