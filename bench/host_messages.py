"""WinRM messages and seconds for many resources on one host, through the real engine and the lab.

The naive way, one remote command per resource in a shell of its own, costs five messages each. Budget: 12 messages to
create 100 rules over a fresh connection, 4 to refresh any number of resources.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

from pulumi_environment import VENV, environment
from winipsec_lab.testing import Lab


def program(rules: int) -> str:
    """A project with so many rules, each with a filter list of its own, in one policy; YAML is JSON here."""
    resources: dict[str, object] = {
        "block": {"type": "winipsec:FilterAction", "properties": {"action": "block"}},
        "policy": {"type": "winipsec:Policy", "properties": {"name": "bench"}},
    }
    for number in range(rules):
        filters = [{"source": "any", "destination": "me", "protocol": "tcp", "destinationPort": 10_000 + number}]
        resources[f"list{number}"] = {"type": "winipsec:FilterList", "properties": {"filters": filters}}
        references = {
            "policy": "${policy.name}",
            "filterList": f"${{list{number}.name}}",
            "filterAction": "${block.name}",
        }
        resources[f"rule{number}"] = {"type": "winipsec:Rule", "properties": references}
    plugins = {"providers": [{"name": "winipsec", "path": str(VENV / "bin")}]}
    return json.dumps({"name": "bench", "runtime": "yaml", "plugins": plugins, "resources": resources})


def main() -> None:
    """Creates, refreshes, previews and destroys, and prints a line each."""
    parser = argparse.ArgumentParser(description="Count WinRM messages for many resources on one host.")
    parser.add_argument("--rules", type=int, default=100)
    parser.add_argument(
        "--round-trip", type=float, default=0.02, metavar="SECONDS", help="latency of the simulated host"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, Lab() as lab:
        host = lab.create("bench", scars=True)
        host.latency(round_trip=arguments.round_trip)
        folder = Path(scratch).resolve()
        (folder / "Pulumi.yaml").write_text(program(arguments.rules), encoding="utf-8")
        variables = environment(folder / "state", checkpoints=False) | {
            "WINIPSEC_HOST": host.address,
            "WINIPSEC_PORT": str(host.port),
            "WINIPSEC_USERNAME": host.username,
            "WINIPSEC_PASSWORD": host.password,
        }

        def pulumi(*command: str) -> None:
            before, started = host.messages, time.perf_counter()
            done = subprocess.run(
                ["pulumi", *command, "--non-interactive"],
                cwd=folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            seconds = time.perf_counter() - started
            if done.returncode:
                raise SystemExit(f"pulumi {command[0]} failed:\n{done.stdout}{done.stderr}")
            print(f"{' '.join(command[:1]):10} {host.messages - before:5} messages {seconds:6.1f} s")

        print(f"{arguments.rules} rules and filter lists, {arguments.round_trip * 1000:.0f} ms round trip")
        pulumi("stack", "init", "bench")
        pulumi("up", "--yes", "--skip-preview", "--parallel", "128")
        pulumi("refresh", "--yes", "--skip-preview", "--parallel", "128")
        pulumi("preview", "--expect-no-changes", "--parallel", "128")
        pulumi("destroy", "--yes", "--skip-preview", "--parallel", "128")


if __name__ == "__main__":
    main()
