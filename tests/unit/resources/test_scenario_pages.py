"""What the pages and the programs of the scenarios show: accepted by Check, short, and the same on page and in program."""

import re
from pathlib import Path

import pytest
import yaml
from scenario_scene import findings, given, tried
from winipsec.resources.host_policy_check import warnings

CHECKOUT = Path(__file__).parents[3]
SCENARIOS = ["stop-a-worm", "protect-a-server", "isolate-a-domain"]
LONGEST = 15


def blocks(scenario, language):
    """The programs of one language on a page."""
    text = (CHECKOUT / "docs" / f"{scenario}.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def properties(resource):
    """The inputs of one resource, but for where it is reached."""
    assert resource["type"] == "winipsec:HostPolicy"
    return {name: value for name, value in resource["properties"].items() if name != "connection"}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_is_one_short_resource_without_a_finding(scenario):
    """At most 15 lines; nothing to warn of, and lint finds nothing."""
    program = blocks(scenario, "yaml")[0]
    assert len(program.splitlines()) <= LONGEST
    (resource,) = yaml.safe_load(program)["resources"].values()
    inputs = given(**properties(resource))
    assert warnings(inputs) == []
    assert findings(inputs) == set()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_program_is_that_of_the_page(scenario):
    """The configuration in its place."""
    project = yaml.safe_load((CHECKOUT / "examples" / scenario / "Pulumi.yaml").read_text(encoding="utf-8"))
    config = {name: item["default"] for name, item in project["config"].items()}

    def resolved(value):
        if isinstance(value, dict):
            return {name: resolved(item) for name, item in value.items()}
        whole = re.fullmatch(r"\$\{(\w+)\}", value) if isinstance(value, str) else None
        return config[whole[1]] if whole else value

    (shown,) = yaml.safe_load(blocks(scenario, "yaml")[0])["resources"].values()
    for resource in project["resources"].values():
        assert given(**resolved(properties(resource))) == given(**properties(shown))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_further_blocks_of_the_page_are_accepted(scenario):
    """Indented as they stand in the properties."""
    for text in blocks(scenario, "yaml")[1:]:
        assert tried(**yaml.safe_load(text))[1] == {}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_python_says_the_same(scenario):
    """The classes and arguments that the generated SDK has."""
    (program,) = blocks(scenario, "python")
    compile(program, scenario, "exec")
    sdk = (CHECKOUT / "sdk" / "python" / "pulumi_winipsec" / "_inputs.py").read_text(encoding="utf-8")
    names = re.findall(r"winipsec\.(\w+Args)", program)
    assert names
    assert all(f"class {name}:" in sdk for name in names)
