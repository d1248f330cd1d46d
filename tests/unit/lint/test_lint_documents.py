"""Findings as JSON, as SARIF and on the page of rules."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from lint_rules import CHAPTERS, page
from pulumi_environment import CHECKOUT
from winipsec.lint.catalog import catalog, chosen, lint
from winipsec.lint.document import document, sarif, summary
from winipsec.lint.example import BLOCK, ENCRYPT, PERMIT, example, sketch
from winipsec.lint.outline import outline
from winipsec.model.methods import Esp, PresharedKey, SecurityMethod

DES = replace(ENCRYPT, security_methods=(SecurityMethod(esp=Esp("des", "sha1")),))
SUBJECT = example(sketch("Database", DES, "tcp any <-> me port 1433"), besides=[BLOCK], no_default_exempt=1)


def test_the_json_document_has_everything_a_program_needs():
    """Rule, severity, object, path and message, and the counts."""
    found = document("web1", lint(SUBJECT))
    assert found["source"] == "web1"
    assert found["summary"] == {"error": 1, "warning": 1, "note": 1}
    assert found["findings"][0] == {
        "rule": "WIP101",
        "ruleName": "des-encryption",
        "severity": "error",
        "title": "Traffic may be encrypted with DES",
        "object": {"kind": "FilterAction", "name": "Encrypt", "guid": "planned:action:encrypt"},
        "path": "securityMethods[0].esp.encryption",
        "message": "offers DES, whose keys can be found by trying them all",
        "reason": next(rule.reason for rule in catalog() if rule.id == "WIP101"),
    }
    json.dumps(found)


def test_nothing_found_counts_nothing():
    """The document of a clean store has the same form."""
    assert document("web1", []) == {"source": "web1", "findings": [], "summary": {"error": 0, "warning": 0, "note": 0}}
    assert list(summary([])) == ["error", "warning", "note"]


def test_sarif_names_rules_levels_and_places():
    """What SARIF 2.1.0 asks for: version, driver, rules, and results that point at them by id and index."""
    log = sarif(lint(SUBJECT), catalog(), "exports/web 1.reg".replace(" ", "%20"), {"planned:action:encrypt": 17})
    assert (log["version"], log["$schema"]) == ("2.1.0", "https://json.schemastore.org/sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "winipsec"
    assert [rule["id"] for rule in driver["rules"]] == [rule.id for rule in catalog()]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
    first, second, third = run["results"]
    assert first["message"]["text"].startswith('FilterAction "Encrypt" securityMethods[0].esp.encryption: offers DES')
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "exports/web%201.reg"},
                "region": {"startLine": 17},
            },
            "logicalLocations": [
                {"fullyQualifiedName": "FilterAction/Encrypt/securityMethods[0].esp.encryption", "kind": "object"}
            ],
        }
    ]
    assert second["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "Host/NoDefaultExempt"
    assert "region" not in third["locations"][0]["physicalLocation"]
    json.dumps(log)


def test_sarif_of_a_host_names_no_file_and_lists_only_the_rules_that_applied():
    """A physical place would be a lie."""
    rules = chosen(["WIP101"])
    (run,) = sarif(lint(SUBJECT, rules), rules)["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["WIP101"]
    assert [list(result["locations"][0]) for result in run["results"]] == [["logicalLocations"]]


def test_the_page_has_every_rule():
    """Its title, reason, severity and both examples, below the chapter it belongs to."""
    text = "\n".join(page())
    for rule in catalog():
        assert f"\n### {rule.id} {rule.name}\n" in text
        assert rule.reason in text
        assert f"| [{rule.id}](#{rule.id.lower()}-{rule.name}) | {rule.name} | {rule.severity.word} |" in text
    assert text.count("Found:\n") == text.count("Not found:\n") == len(catalog())
    assert {rule.id[:4] for rule in catalog()} == set(CHAPTERS)


def test_the_page_in_the_repository_is_the_one_that_would_be_written():
    """Whoever changes a rule writes the page anew."""
    command = [sys.executable, str(CHECKOUT / "tools" / "lint_rules.py")]
    made = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    assert (CHECKOUT / "docs" / "rules.md").read_text(encoding="utf-8") == made


@pytest.mark.parametrize("rule", catalog(), ids=lambda rule: rule.id)
def test_examples_differ_in_what_the_page_shows_of_them(rule):
    """A reader sees what makes the one bad and the other good."""
    assert list(outline(rule.bad)) != list(outline(rule.good))


def test_an_outline_says_what_differs_from_the_usual_and_no_key():
    """Filters as they are shown everywhere; long lists are cut; a key is only counted."""
    many = [f"tcp any -> me port {port}" for port in range(1, 8)]
    subject = example(
        sketch("Ports", PERMIT, *many, auth_methods=(PresharedKey("not a key, only an example"),)), has_ipv6=False
    )
    assert list(outline(subject)) == [
        "host without IPv6",
        'policy "Protection"',
        '  rule "Ports": permit, authenticated by a pre-shared key of 26 characters',
        *(f"    tcp any -> me port {port}" for port in range(1, 5)),
        "    and 3 more",
    ]
    assert not re.search("not a key", "\n".join(page()))
