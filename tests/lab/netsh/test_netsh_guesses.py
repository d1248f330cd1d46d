"""Every guess about netsh and the store, in every setting."""

from __future__ import annotations

import importlib

import pytest
from guess_plays import CASES
from netsh_desk import Desk
from winipsec_lab.netsh.guesses import GUESSES

# ---------------------------------------------------------------------- the table itself

for table in ("guess_plays_objects", "guess_plays_store"):
    importlib.import_module(table)  # fills CASES

NETSH = [guess for guess in GUESSES if guess.name.startswith("netsh.")]


@pytest.mark.parametrize(("name", "setting"), [(guess.name, setting) for guess in NETSH for setting in guess.settings])
def test_every_setting_has_its_result(name, setting):
    """The same commands end as the setting says."""
    desk = Desk().furnish()
    desk.machine.guesses.set(name, setting)
    play, expected = CASES[name]
    assert play(desk) == expected[setting]


def test_every_guess_is_tested_in_all_its_settings():
    """No setting without a result, and no result without a setting."""
    assert {name: set(expected) for name, (_, expected) in CASES.items()} == {
        guess.name: set(guess.settings) for guess in NETSH
    }


@pytest.mark.parametrize("guess", GUESSES, ids=lambda guess: guess.name)
def test_every_guess_is_explained(guess):
    """Two settings or more, a paragraph of the spec, and one sentence."""
    assert len(set(guess.settings)) == len(guess.settings) >= 2
    assert guess.spec.split()[0] in ("ipsec-policy", "traffic-engine", "winrm")
    assert guess.text.endswith(".")


def test_settings_can_be_combined(desk):
    """All guesses on their last setting at once still leave a netsh that works."""
    for guess in NETSH:
        if guess.name not in ("netsh.failure_code", "netsh.domain_store", "netsh.kerberos_no"):
            desk.machine.guesses.set(guess.name, guess.settings[-1])
    desk.furnish().ok("set policy name=p assign=yes", "set policy name=p assign=no", "delete policy name=p")
    assert desk.netsh("ipsec dump").code == 0
