"""Points the quickstart stack at the lab's hosts: makes the stack if need be and sets its configuration.

======================  ==================================================  =========================
key                     value                                               from
======================  ==================================================  =========================
``hosts``               ``{NAME: {host, port}}``                            the lab's ``hosts.json``
``winipsec:username``   the account that all lab hosts have                 the same
``winipsec:password``   its password, encrypted with the stack's passphrase  the same
======================  ==================================================  =========================

The password travels over stdin, never on a command line. Only what differs is written, so a second run costs two short
Pulumi commands.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from pulumi_environment import CHECKOUT, LAB_HOSTS, STATE, environment


def wanted(hosts_file: Path) -> dict[str, str]:
    """The configuration for the lab's hosts as they are now."""
    try:
        hosts: list[dict[str, Any]] = json.loads(hosts_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        sys.exit(f"{hosts_file} is missing: start the lab with `winipsec-lab up`")
    return {
        "quickstart:hosts": json.dumps(
            {host["name"]: {"host": host["address"], "port": host["port"]} for host in hosts}
        ),
        "winipsec:username": hosts[0]["username"],
        "winipsec:password": hosts[0]["password"],
    }


def pulumi(*arguments: str, stdin: str = "") -> str:
    """Runs one Pulumi command of the root project and returns its output; its errors go to the user."""
    done = subprocess.run(
        ["pulumi", *arguments, "--non-interactive"],
        cwd=CHECKOUT,
        env=environment(STATE),
        input=stdin,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def main() -> None:
    """Makes or selects the stack and writes what differs."""
    parser = argparse.ArgumentParser(description="Point the quickstart stack at the lab's hosts.")
    parser.add_argument("--stack", default="dev")
    stack = parser.parse_args().stack
    configuration = wanted(LAB_HOSTS)
    pulumi("stack", "select", stack, "--create")
    present = json.loads(pulumi("config", "--stack", stack, "--show-secrets", "--json"))
    for key, value in configuration.items():
        if present.get(key, {}).get("value") != value:
            kind = "--secret" if key.endswith(":password") else "--plaintext"
            pulumi("config", "set", "--stack", stack, kind, key, stdin=value)


if __name__ == "__main__":
    main()
