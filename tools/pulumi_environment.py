"""How every command and test of this checkout runs the Pulumi engine: offline, with its state below one folder.

``environment`` builds the variables; as a command, this module runs another one under them:

    python tools/pulumi_environment.py [--state FOLDER] [--lab] pulumi preview --diff

- State, plugins and logs stay below the state folder (default ``.state``): backend ``stacks/``, ``PULUMI_HOME`` in
  ``pulumi/``, and ``passphrase``, made at the first use, which encrypts the stacks' secrets.
- Nothing is looked up or downloaded: no login, no update check, no plugin acquisition, no registry.
- The checkout's Python comes first on PATH, then the Pulumi that ``make setup`` found or built, then the caller's.
- Only variables that programs need are handed on. Access tokens, proxies (all traffic is local or goes straight to the
  hosts) and whatever else lies in the caller's environment stay outside.
- With ``--lab``, ``WINIPSEC_USERNAME`` and ``WINIPSEC_PASSWORD`` are those of the lab's hosts unless the caller has set
  others, so that ``winipsec`` and the examples reach them; ``WINIPSEC_PORT`` as well where all hosts listen on one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shutil
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
BINARIES = CHECKOUT / ".cache" / "bin"
STATE = CHECKOUT / ".state"
LAB_HOSTS = Path(os.environ.get("WINIPSEC_LAB_HOME") or STATE / "lab") / "hosts.json"

_HANDED_ON = frozenset(
    {
        *("HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLORTERM", "COLUMNS", "LINES", "NO_COLOR", "CI"),
        *("LANG", "LANGUAGE", "TZ", "TMPDIR", "XDG_CACHE_HOME"),
        *("GOPATH", "GOMODCACHE", "GOCACHE", "GOFLAGS"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
    }
)
_HANDED_ON_PREFIXES = ("LC_", "KRB5", "WINIPSEC_", "PULUMI_", "PYTHON", "PYTEST_", "COVERAGE_")
_HELD_BACK = frozenset({"PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_API", "PYTHONHOME", "PYTHONPATH"})

_OFFLINE = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
    "PULUMI_CREDENTIAL_STORE": "plaintext",
    "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
    "PULUMI_SUPPRESS_NEO_LINK": "true",
    "NO_PROXY": "*",
}


def environment(home: Path, *, checkpoints: bool = True, venv: Path = VENV) -> dict[str, str]:
    """The variables under which Pulumi runs with its state below ``home``, which is made when missing.

    Without ``checkpoints`` the engine writes the state once, at the end: many times faster for hundreds of resources,
    and nothing survives a crash. Leave them on where crashes are the subject. Programs run with the Python of ``venv``.
    """
    home = home.resolve()
    for folder in (home / "pulumi", home / "stacks"):
        folder.mkdir(parents=True, exist_ok=True)
    inherited = {
        name: value
        for name, value in os.environ.items()
        if (name in _HANDED_ON or name.startswith(_HANDED_ON_PREFIXES)) and name not in _HELD_BACK
    }
    own = {
        "PATH": os.pathsep.join([str(venv / "bin"), str(BINARIES), os.environ.get("PATH", os.defpath)]),
        "VIRTUAL_ENV": str(venv),
        "PULUMI_HOME": str(home / "pulumi"),
        "PULUMI_BACKEND_URL": f"file://{home / 'stacks'}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(_passphrase(home / "passphrase")),
    }
    speed = {} if checkpoints else {"PULUMI_SKIP_CHECKPOINTS": "true"}
    return {**inherited, **_OFFLINE, **own, **speed}


def lab_account(hosts_file: Path) -> dict[str, str]:
    """The variables with which the provider reaches the lab's hosts; none where there is no lab."""
    try:
        hosts = json.loads(hosts_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    ports = {str(host["port"]) for host in hosts}
    same = {"WINIPSEC_PORT": ports.pop()} if len(ports) == 1 else {}
    return {"WINIPSEC_USERNAME": hosts[0]["username"], "WINIPSEC_PASSWORD": hosts[0]["password"], **same}


def _passphrase(path: Path) -> Path:
    """Makes the file if it is missing, whole or not at all: processes that start together agree on one."""
    if not path.exists():
        own = path.with_name(f"passphrase.{os.getpid()}")
        handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as sink:
            sink.write(secrets.token_urlsafe(32))
        with contextlib.suppress(FileExistsError):
            os.link(own, path)
        own.unlink()
    return path


def main() -> None:
    """Runs the command given on the command line in this process's place."""
    parser = argparse.ArgumentParser(
        description="Run a command as this checkout runs Pulumi: offline, state in .state."
    )
    parser.add_argument("--state", type=Path, default=STATE, help="folder of stacks, plugins and logs (default .state)")
    parser.add_argument("--lab", action="store_true", help="with the account of the lab's hosts")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the command and its arguments")
    arguments = parser.parse_args()
    if not arguments.command:
        parser.error("name a command to run, for example: pulumi preview --diff")
    variables = {**(lab_account(LAB_HOSTS) if arguments.lab else {}), **environment(arguments.state)}
    program = shutil.which(arguments.command[0], path=variables["PATH"])
    if program is None:
        sys.exit(f"{arguments.command[0]} is not installed here: run `make setup` first")
    os.execve(program, arguments.command, variables)


if __name__ == "__main__":
    main()
