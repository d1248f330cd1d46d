"""The whole story in one command: `make tour`, or `make tour PAUSE=1` to go on only when Enter is pressed.

One simulated host and one stack of their own, both made anew, so that a tour never meets the quickstart's. Each scene
says what happens, runs real commands, shows what they print, and checks that they say what the story claims: a tour
that does not come out as told ends with exit code 1.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable

from pulumi_environment import CHECKOUT, STATE, environment

HOME = STATE / "tour"
PROGRAM = CHECKOUT / "examples" / "tour"
HOST = "web1"
WORM = f"winipsec-lab packet {HOST} --in --remote 203.0.113.9 --protocol udp --local-port 1434 --remote-port 4000"
WAY_IN = f"winipsec-lab packet {HOST} --in --remote 203.0.113.9 --protocol tcp --local-port 5985 --remote-port 50000"
UP = "pulumi up --yes --skip-preview --suppress-progress"
_NOISE = re.compile(
    r"^(Updating|Previewing|Destroying|View |Duration|The resources in|If you want to|\s*$|@ )|pulumi:pulumi:Stack"
    r"|^Diagnostics|error: (preview|update) failed|; (error|warning|\d+ error)|refresh(ing)?( |$)|\[(id|urn)=|winipsec:index:HostPolicy \(web1\):$"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LIST = "web1: allow tcp/443"
PATIENCE = 60.0


class Tour:
    """Runs commands in the tour's own world and checks the story."""

    def __init__(self, *, pause: bool) -> None:
        self._pause = pause
        self._scene = 0
        self.environment = {
            **environment(HOME),
            "WINIPSEC_LAB_HOME": str(HOME / "lab"),
            "PULUMI_STACK": "tour",
            "WINIPSEC_COMMAND_TIMEOUT": "10",
        }

    def scene(self, text: str) -> None:
        """Begin the next scene."""
        if self._pause and self._scene:
            input("\n[Enter] ")
        self._scene += 1
        print(f"\n{self._scene}. {text}\n", flush=True)

    def run(
        self, command: str, *expected: str, fails: bool = False, shown: Iterable[str] = (), after: str = ""
    ) -> None:
        """Run a command, show what it prints, and check that it says what is `expected`.

        Args:
            command: The command as a user would type it.
            expected: Texts that must be in its output.
            fails: Whether it must fail.
            shown: Patterns of the lines to show; all but the engine's frame when left out.
            after: The text of the line with which showing begins.
        """
        print(f"   $ {command}", flush=True)
        done = subprocess.run(
            shlex.split(command),
            cwd=PROGRAM,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self._show(done.stdout[done.stdout.find(after) :], list(shown))
        self._check(command, done.stdout, done.returncode, expected, fails=fails)

    def quietly(self, *command: str, stdin: str = "") -> str:
        """Run a command that is no part of the story."""
        done = subprocess.run(
            command, cwd=PROGRAM, env=self.environment, input=stdin, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(command[:3])} failed:\n{done.stdout}")
        return done.stdout

    def is_open(self) -> bool:
        """Whether the way over which the host is managed is open."""
        return "passes" in self.quietly(*WAY_IN.split())

    def store(self) -> str:
        """The host's whole policy store, as the host itself exports it."""
        return "\n".join(
            line for line in self.quietly("winipsec-lab", "dump", HOST).splitlines() if "whenChanged" not in line
        )

    def _show(self, text: str, patterns: list[str]) -> None:
        lines = [_COLOUR.sub("", line).rstrip() for line in text.splitlines()]
        if patterns:
            lines = [line for line in lines if any(re.search(pattern, line) for pattern in patterns)]
        for line in lines:
            if not _NOISE.search(line):
                print(f"   {line}", flush=True)

    def _check(self, command: str, text: str, code: int, expected: Iterable[str], *, fails: bool) -> None:
        plain = " ".join(_COLOUR.sub("", text).split())
        missing = [item for item in expected if item not in plain]
        if missing or (code != 0) != fails:
            print(text)
            sys.exit(f"The tour did not come out as told: `{command}` ended with {code}, without {missing}.")


def prepare(tour: Tour) -> None:
    """Make a host and a stack that nobody has touched yet."""
    if (HOME / "lab").exists():
        tour.quietly("winipsec-lab", "down")
    shutil.rmtree(HOME, ignore_errors=True)
    environment(HOME)  # makes the folders again
    tour.quietly("winipsec-lab", "up", "--hosts", HOST)
    (host,) = json.loads((HOME / "lab" / "hosts.json").read_text(encoding="utf-8"))
    (HOME / "config").mkdir(parents=True, exist_ok=True)
    tour.quietly("pulumi", "stack", "init", "tour", "--non-interactive")
    for key, value in (("host", host["address"]), ("port", str(host["port"])), ("username", host["username"])):
        tour.quietly("pulumi", "config", "set", f"winipsec:{key}", value, "--non-interactive")
    tour.quietly(
        "pulumi", "config", "set", "--secret", "winipsec:password", "--non-interactive", stdin=host["password"]
    )


def play(tour: Tour) -> None:
    """The story."""
    before = tour.store()
    tour.scene("The Slammer worm knocks at UDP 1434 of a web server, and comes in.")
    tour.run(WORM, "passes", shown=["passes|dropped"])

    tour.scene("One resource: block UDP 1434, serve TCP 80 and 443 and nothing else. The preview says what that does.")
    tour.run("cat Pulumi.yaml", "HostPolicy", shown=[r"^  web1|^    type|^      \w"])
    tour.run("pulumi preview --suppress-progress", "Traffic")
    tour.run(UP, "1 created")
    tour.run(WORM, "dropped", shown=["passes|dropped|^policy|^rule"])

    tour.scene("Somebody at the console opens a port in a hurry. The next preview names the property, and the traffic.")
    tour.run(
        f'winipsec-lab exec {HOST} \'netsh ipsec static add filter filterlist="{LIST}" srcaddr=any dstaddr=me '
        "protocol=tcp dstport=3389'"
    )
    tour.run("pulumi preview --diff", "3389", "Traffic", after="~ winipsec:index:HostPolicy: (update)")
    tour.run(UP, "1 updated")

    tour.scene("A change that would lock its author out is refused, in the preview already.")
    tour.quietly("pulumi", "config", "set", "management", "none")
    tour.quietly("pulumi", "config", "set", "revertAfter", "0")
    tour.run("pulumi preview --suppress-progress", "would close the way", fails=True)

    tour.scene("Whoever insists gets a host that takes the change back by itself, when nobody confirms it.")
    tour.quietly("pulumi", "config", "set", "revertAfter", "120")
    held = tour.store()
    passing = threading.Thread(target=_let_time_pass, args=[tour])
    passing.start()
    tour.run(UP, "taken back", fails=True)
    passing.join()
    tour.run(WAY_IN, "passes", shown=["passes|dropped"])
    if tour.store() != held:
        sys.exit("The tour did not come out as told: the store is not what it was before the lock-out.")
    print("   (the policy store is, byte for byte, what it was before)")

    tour.scene("Destroyed, the host is as it was before the tour.")
    tour.run("pulumi destroy --yes --skip-preview --suppress-progress", "1 deleted")
    if tour.store() != before:
        sys.exit("The tour did not come out as told: the host is not as it was.")
    tour.run(WORM, "passes", shown=["passes|dropped"])


def _let_time_pass(tour: Tour) -> None:
    """Wait until the host is silent, show it, and turn its clock: nobody wants to sit through two minutes."""
    until = time.monotonic() + PATIENCE
    while tour.is_open() and time.monotonic() < until:
        time.sleep(0.2)
    tour.run(WAY_IN, "dropped", shown=["passes|dropped"])
    tour.run(f"winipsec-lab clock {HOST} --advance 120")


def main() -> None:
    """Play the tour."""
    parser = argparse.ArgumentParser(description="The whole story in one command.")
    parser.add_argument("--pause", action="store_true", help="wait for Enter between scenes")
    tour = Tour(pause=parser.parse_args().pause)
    began = time.monotonic()
    try:
        prepare(tour)
        play(tour)
    finally:
        subprocess.run(["winipsec-lab", "down"], env=tour.environment, stdout=subprocess.DEVNULL, check=False)
    print(f"\nThat was the tour, in {time.monotonic() - began:.0f} seconds.")


if __name__ == "__main__":
    main()
