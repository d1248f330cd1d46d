"""Hosts that cannot be reached: each failure within ten seconds, in one plain sentence, at the resource's row."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi_stack import Outcome
from winipsec_lab.testing import Account

SECONDS = 10
NTLM_LEGS = 3
"""HTTP requests of one logon that is rejected: without a token, negotiate, authenticate."""


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield listener.getsockname()[1]


def program() -> dict[str, Any]:
    """Three resources that the engine makes side by side."""
    return {
        "action": {"type": "FilterAction", "properties": {"action": "block"}},
        "list": {"type": "FilterList"},
        "policy": {"type": "Policy"},
    }


def sentence(outcome: Outcome) -> str:
    """The one sentence that all rows that failed have in common."""
    told = {outcome.said(name) for name in outcome.changes}
    told.discard("")
    assert len(told) == 1, told
    assert "Traceback" not in outcome.output
    return told.pop()


def test_a_wrong_password_is_one_logon_attempt_and_says_so(lab, stack_for):
    """However many resources a run has: one rejected logon, so that no account is locked out."""
    host = lab.create("web1")
    stack = stack_for(host)
    stack.variables["WINIPSEC_PASSWORD"] = "not the password"
    stack.program(program())
    outcome = stack.up("--parallel", "16", fails=True)
    assert f"{host.address} rejected the logon as 'Administrator'" in sentence(outcome)
    assert "not the password" not in outcome.output
    assert host.requests == NTLM_LEGS
    assert host.messages == 0
    assert outcome.seconds < SECONDS


def test_a_refresh_with_a_wrong_password_in_the_state_says_what_helps(lab, stack_for):
    """A refresh uses the configuration in the state: the error names --run-program and --refresh=false."""
    host = lab.create("web1")
    stack = stack_for(host)
    stack.program(program())
    stack.up()
    host.add_account(Account(host.username, "changed on the host"))
    stack.variables["WINIPSEC_PASSWORD"] = "changed on the host"
    requests = host.requests
    outcome = stack.preview("--refresh", fails=True)
    said = "\n".join(item.text for item in outcome.sayings if item.severity == "error")
    assert "rejected the logon" in said
    assert "--run-program" in said
    assert "--refresh=false" in said
    assert host.requests - requests == NTLM_LEGS
    assert stack.preview("--refresh", "--run-program").changes == {}
    assert stack.up("--refresh=false").changes == {}
    assert stack.preview("--refresh").changes == {}


def test_a_closed_port_a_silent_port_and_an_unknown_name_are_told_apart(stack_for, closed_port, silent_port):
    """Each fails within ten seconds of trying, names the host and says what to look at; a preview goes on without."""
    stack = stack_for()
    stack.program(program())
    stack.variables.update(WINIPSEC_USERNAME="Administrator", WINIPSEC_PASSWORD="any password at all")
    cases = [
        ("127.0.0.1", closed_port, f"the connection was refused on port {closed_port}"),
        ("127.0.0.1", silent_port, f"nothing answered on port {silent_port}"),
        ("no-such-host.invalid", 5985, "the name is not known"),
    ]
    seconds = []
    for address, port, words in cases:
        stack.variables.update(WINIPSEC_HOST=address, WINIPSEC_PORT=str(port))
        outcome = stack.up(fails=True)
        said = sentence(outcome)
        assert said.startswith(f"cannot connect to {address}: ")
        assert words in said
        seconds.append(outcome.seconds)
    engine = min(seconds)
    assert max(seconds) - engine < SECONDS
    assert stack.preview().changes == dict.fromkeys(program(), "create")


def test_no_host_at_all_is_said_with_the_places_to_name_one(stack_for):
    """Without connection.host, configuration or variable nothing can be done, and the error lists all three."""
    stack = stack_for()
    stack.program(program())
    said = "\n".join(item.text for item in stack.up(fails=True).sayings)
    for place in ("connection.host", "winipsec:host", "WINIPSEC_HOST"):
        assert place in said
