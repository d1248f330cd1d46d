"""How many messages a host gets: they hardly grow with the number of resources. The counts are printed."""

from __future__ import annotations

from typing import Any

import console
from console import is_clean
from winipsec_lab.store.values import FILTER_LIST, RULE
from winipsec_lab.testing import Host

FILTERS = RULES = 100
ONE_BATCH = 16
"""Messages of a run with one batch: shell made, host read, script sent, files removed, shell deleted."""
MOST = 36
"""Messages of a run whose resources the engine hands over little by little, as a loaded machine lets it."""
MOST_TO_READ = 6
"""Messages for a refresh of any number of resources: a shell made, one command with its output, the shell deleted."""


def counted(host: Host, what: str, before: int) -> int:
    """The messages since `before`, printed for whoever runs the tests with -s or reads their report."""
    count = host.messages - before
    print(f"{what}: {count} WS-Management messages")  # noqa: T201 - the count is what this test is for
    return count


def scripts(host: Host) -> list[str]:
    """The command lines that ran netsh."""
    return [entry.command_line for entry in host.transcript() if "netsh " in entry.command_line]


def test_a_hundred_filters_travel_as_one_script(lab, stack_for):
    """A list of a hundred filters is one netsh script in one remote command; adding one more is one as well."""
    host = lab.create("web1")
    stack = stack_for(host)
    filters = [{"source": f"10.0.{n}.0/24", "destination": "me", "protocol": "tcp"} for n in range(FILTERS)]
    stack.program({"list": {"type": "FilterList", "properties": {"filters": filters}}})
    stack.up()
    assert len(console.filters(host, "list")) == FILTERS
    assert len(scripts(host)) == 1
    assert counted(host, f"{FILTERS} filters in one list", 0) <= ONE_BATCH

    before = host.messages
    stack.program(
        {"list": {"type": "FilterList", "properties": {"filters": [*filters, {"source": "any", "destination": "me"}]}}}
    )
    stack.up()
    assert len(console.filters(host, "list")) == FILTERS + 1
    assert len(scripts(host)) == 2
    assert counted(host, "one filter more", before) <= ONE_BATCH


def test_a_hundred_rules_are_gathered_into_a_few_batches(lab, stack_for):
    """A hundred rules made, refreshed and destroyed by an engine that works on 128 at once."""
    host = lab.create("web1")
    stack = stack_for(host)
    refers: dict[str, Any] = {"policy": "Guard", "filterList": "Ports", "filterAction": "Act"}
    console.netsh(
        host,
        "add policy name=Guard",
        "add filterlist name=Ports",
        "add filter filterlist=Ports srcaddr=any dstaddr=me",
        "add filteraction name=Act action=permit",
    )
    stack.program({f"rule{n}": {"type": "Rule", "properties": refers} for n in range(RULES)})
    stack.up("--parallel", "128")
    assert len(console.names(host)[RULE]) == RULES
    assert counted(host, f"{RULES} rules with --parallel 128", 0) <= MOST

    before = host.messages
    assert stack.preview("--refresh", "--parallel", "128").changes == {}
    assert counted(host, f"preview with refresh of {RULES} rules", before) <= MOST_TO_READ

    before = host.messages
    stack.destroy("--parallel", "128")
    assert counted(host, f"destroy of {RULES} rules", before) <= MOST
    assert console.names(host)[RULE] == []
    assert console.names(host)[FILTER_LIST] == ["Ports"]
    assert is_clean(host)
