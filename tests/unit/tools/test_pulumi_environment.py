"""The variables under which Pulumi runs: offline, in one folder, without the caller's secrets."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi_environment
import pytest
from pulumi_environment import environment, lab_account

SCRIPT = Path(pulumi_environment.__file__)


def test_everything_pulumi_keeps_lies_below_the_state_folder(tmp_path):
    """Backend, home and passphrase are inside; the folders exist, since the file backend does not make its own."""
    variables = environment(tmp_path / "state")
    assert variables["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/state/stacks?metadata=skip"
    assert variables["PULUMI_HOME"] == f"{tmp_path}/state/pulumi"
    assert variables["PULUMI_CONFIG_PASSPHRASE_FILE"] == f"{tmp_path}/state/passphrase"
    assert (tmp_path / "state/stacks").is_dir()
    assert (tmp_path / "state/pulumi").is_dir()


def test_passphrase_is_private_and_stays(tmp_path):
    """The passphrase is made once, readable by its owner only: stacks encrypted with it must open again."""
    environment(tmp_path)
    path = tmp_path / "passphrase"
    first = path.read_text()
    environment(tmp_path)
    assert path.read_text() == first
    assert len(first) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["passphrase", "pulumi", "stacks"]


def test_processes_that_start_together_agree_on_the_passphrase(tmp_path):
    """No process ever sees an empty passphrase or one that another process overwrites."""
    command = [sys.executable, SCRIPT, "--state", tmp_path, "sh", "-c", 'cat "$PULUMI_CONFIG_PASSPHRASE_FILE"']

    def start(_: int) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with ThreadPoolExecutor(6) as pool:
        seen = set(pool.map(start, range(6)))
    assert len(seen) == 1
    assert len(seen.pop()) >= 32


@pytest.mark.parametrize(
    "name",
    ["PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "HTTPS_PROXY", "AWS_SECRET_ACCESS_KEY", "PYTHONPATH"],
)
def test_the_callers_secrets_and_detours_stay_outside(tmp_path, monkeypatch, name):
    """Tokens, proxies, foreign credentials and import paths of the caller do not reach the engine."""
    monkeypatch.setenv(name, "leak")
    assert "leak" not in environment(tmp_path).values()


@pytest.mark.parametrize("name", ["HOME", "LC_ALL", "WINIPSEC_HOST", "PULUMI_DEBUG_PROVIDERS", "KRB5_CONFIG"])
def test_what_programs_need_is_handed_on(tmp_path, monkeypatch, name):
    """Locale, home, our own and Pulumi's variables and Kerberos settings pass through."""
    monkeypatch.setenv(name, "wanted")
    assert environment(tmp_path)[name] == "wanted"


def test_nothing_is_looked_up_or_downloaded(tmp_path, monkeypatch):
    """The offline switches win over whatever the caller has set."""
    monkeypatch.setenv("PULUMI_SKIP_UPDATE_CHECK", "false")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://backend.example")
    variables = environment(tmp_path)
    assert variables["PULUMI_SKIP_UPDATE_CHECK"] == "true"
    assert variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert variables["PULUMI_DISABLE_REGISTRY_RESOLVE"] == "true"
    assert variables["PULUMI_BACKEND_URL"].startswith("file://")


def test_checkout_comes_first_on_path(tmp_path):
    """The checkout's Python is found before the checkout's Pulumi, and both before the machine's."""
    parts = environment(tmp_path)["PATH"].split(os.pathsep)
    assert parts[:2] == [str(pulumi_environment.VENV / "bin"), str(pulumi_environment.BINARIES)]
    assert parts[2:] == os.environ["PATH"].split(os.pathsep)


def test_another_environment_may_take_the_first_place(tmp_path):
    """Programs of a user's own project run with that project's Python."""
    variables = environment(tmp_path, venv=tmp_path / "own")
    assert variables["PATH"].startswith(f"{tmp_path}/own/bin{os.pathsep}")
    assert variables["VIRTUAL_ENV"] == f"{tmp_path}/own"


def test_checkpoints_are_left_out_only_on_request(tmp_path):
    """A run that may crash keeps its checkpoints."""
    assert "PULUMI_SKIP_CHECKPOINTS" not in environment(tmp_path)
    assert environment(tmp_path, checkpoints=False)["PULUMI_SKIP_CHECKPOINTS"] == "true"


@pytest.mark.parametrize(("ports", "port"), [((5985, 5985), {"WINIPSEC_PORT": "5985"}), ((5985, 40001), {})])
def test_the_lab_has_one_account_and_perhaps_one_port(tmp_path, ports, port):
    """`winipsec show 127.77.0.1` needs nothing more."""
    file = tmp_path / "hosts.json"
    assert lab_account(file) == {}
    file.write_text(json.dumps([{"port": number, "username": "Administrator", "password": "pw"} for number in ports]))
    assert lab_account(file) == {"WINIPSEC_USERNAME": "Administrator", "WINIPSEC_PASSWORD": "pw", **port}


@pytest.mark.parametrize(
    ("flags", "own", "seen"), [(["--lab"], {}, "pw"), (["--lab"], {"WINIPSEC_PASSWORD": "mine"}, "mine"), ([], {}, "")]
)
def test_the_labs_account_is_there_when_asked_for(tmp_path, flags, own, seen):
    """What the caller has set counts more."""
    (tmp_path / "hosts.json").write_text(json.dumps([{"port": 5985, "username": "Administrator", "password": "pw"}]))
    done = subprocess.run(
        [sys.executable, SCRIPT, "--state", tmp_path / "state", *flags, "sh", "-c", 'printf %s "$WINIPSEC_PASSWORD"'],
        env={**os.environ, "WINIPSEC_LAB_HOME": str(tmp_path), **own},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == seen


def test_a_command_runs_under_the_variables_and_its_exit_code_is_kept(tmp_path):
    """As a command, the module gives way to the one it starts, arguments untouched."""
    command = ["sh", "-c", 'echo "$PULUMI_HOME" "$1"; exit 7', "sh", "--a b"]
    done = subprocess.run(
        [sys.executable, SCRIPT, "--state", tmp_path, *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 7
    assert done.stdout == f"{tmp_path}/pulumi --a b\n"


def test_a_command_that_is_not_there_is_named(tmp_path):
    """Without the command line, the message says what to run; no traceback."""
    done = subprocess.run(
        [sys.executable, SCRIPT, "--state", tmp_path, "no-such-command"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "no-such-command is not installed here: run `make setup` first\n"
