"""Flipping guesses: every setting but the default, one at a time, on hosts that did not choose for themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import guesses
import pytest
from guesses import Outcome
from winipsec_lab.machine.guesses import Guess, Guesses

GUESS = Guess("netsh.example", ("a", "b"), "ipsec-policy 1", "What the example decides.")

TESTS = """
def test_flipped(lab):
    assert lab.create("web1").machine.guesses["registry.key_order"] == "created"

def test_own_choice(lab):
    host = lab.create("web1", guesses={"registry.key_order": "sorted"})
    assert host.machine.guesses["registry.key_order"] == "sorted"

def test_without_a_host():
    pass
"""


def test_every_setting_but_the_default_is_flipped_once():
    """No setting is forgotten, and the default, which the normal run tests, is left out."""
    flips = [(guess.name, setting) for guess, setting in guesses.flips("*")]
    table = [(guess.name, setting) for guess in Guesses().all() for setting in guess.settings]
    defaults = [(guess.name, guess.settings[0]) for guess in Guesses().all()]
    assert sorted(flips + defaults) == sorted(table)
    assert ("registry.key_order", "created") in flips
    assert list(guesses.flips("no.such")) == []


def test_hosts_are_born_with_the_flip_and_tests_without_hosts_are_left_out(tmp_path):
    """The plugin changes the default of every host, but not what a test asks for itself."""
    (tmp_path / "test_flip.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "guesses", "--guess=registry.key_order=created", "."]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(guesses.__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed, 1 deselected" in done.stdout, done.stdout


@pytest.mark.parametrize(("passed", "failed", "green"), [(3, 0, True), (3, 1, False), (0, 0, False), (0, 1, False)])
def test_green_means_that_tests_ran_and_passed(passed, failed, green):
    """A run without tests proves nothing and is not green."""
    assert Outcome(GUESS, "b", passed, failed, "").green is green


def test_the_page_counts_and_lists():
    """The summary says how many settings work, in how many tests, and names the others."""
    page = guesses.table([Outcome(GUESS, "b", 7, 0, ""), Outcome(GUESS, "c", 6, 1, "")])
    assert "1 of 2 settings work, in 13 tests." in page
    assert "| `netsh.example` | a | b | ipsec-policy 1 | What the example decides. | works (7) |" in page
    assert "| `netsh.example` | a | c | ipsec-policy 1 | What the example decides. | **fails** (1) |" in page
