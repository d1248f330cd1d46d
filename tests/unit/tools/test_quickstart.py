"""The quickstart's configuration comes from the lab, and its password never stands on a command line."""

from __future__ import annotations

import json
import sys

import pytest
import quickstart

HOSTS = [
    {"name": "web1", "address": "127.77.0.1", "port": 5985, "username": "Administrator", "password": 'p "w%'},
    {"name": "db1", "address": "127.77.0.3", "port": 6001, "username": "Administrator", "password": 'p "w%'},
]


@pytest.fixture
def pulumi(tmp_path, monkeypatch):
    """A Pulumi that writes down what it is told and answers with the configuration it has."""
    hosts_file = tmp_path / "hosts.json"
    hosts_file.write_text(json.dumps(HOSTS))
    monkeypatch.setattr(quickstart, "LAB_HOSTS", hosts_file)
    monkeypatch.setattr(sys, "argv", ["quickstart.py", "--stack", "dev"])
    calls: list[tuple[tuple[str, ...], str]] = []
    present: dict[str, dict[str, str]] = {}

    def answer(*arguments: str, stdin: str = "") -> str:
        calls.append((arguments, stdin))
        if arguments[:2] == ("config", "set"):
            present[arguments[-1]] = {"value": stdin}
        return json.dumps(present) if "--json" in arguments else ""

    monkeypatch.setattr(quickstart, "pulumi", answer)
    return calls


def test_every_host_of_the_lab_is_named_with_its_port(pulumi):
    """The program gets the hosts by name with the fields of a connection."""
    quickstart.main()
    values = {arguments[-1]: stdin for arguments, stdin in pulumi if arguments[:2] == ("config", "set")}
    assert json.loads(values["quickstart:hosts"]) == {
        "web1": {"host": "127.77.0.1", "port": 5985},
        "db1": {"host": "127.77.0.3", "port": 6001},
    }
    assert values["winipsec:username"] == "Administrator"


def test_the_password_is_a_secret_and_travels_over_stdin(pulumi):
    """The one value that may not be seen: encrypted in the stack, in no argument of any command."""
    quickstart.main()
    [(arguments, stdin)] = [call for call in pulumi if call[0][-1] == "winipsec:password"]
    assert "--secret" in arguments
    assert stdin == 'p "w%'
    assert not [call for call, _ in pulumi if any('p "w%' in argument for argument in call)]


def test_a_second_run_writes_nothing(pulumi):
    """What is already right stays untouched."""
    quickstart.main()
    first = len(pulumi)
    quickstart.main()
    assert [arguments[:2] for arguments, _ in pulumi[first:]] == [("stack", "select"), ("config", "--stack")]


def test_without_a_lab_the_message_says_what_to_do(pulumi, monkeypatch, tmp_path):
    """A missing lab is a sentence, not a traceback."""
    monkeypatch.setattr(quickstart, "LAB_HOSTS", tmp_path / "none.json")
    with pytest.raises(SystemExit, match="start the lab with `winipsec-lab up`"):
        quickstart.main()
    assert pulumi == []
