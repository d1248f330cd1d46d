"""Uses ``dist/`` as a stranger would: in an empty folder outside the checkout, with a Python environment of its own.

1. Installs the wheels with pip, and the plugin archive with ``pulumi plugin install``.
2. Runs a YAML program, a Python program over the SDK and a Python program of dynamic resources, each ``up`` twice (the
   second must change nothing), then ``destroy``, against the first host of the running lab.
3. Removes the folder.

Nothing of the checkout is used but ``dist/``, the Pulumi command line and the lab's host.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import textwrap
import venv
from pathlib import Path
from typing import NamedTuple

from distribution import DIST
from pulumi_environment import LAB_HOSTS, environment


class Program(NamedTuple):
    """A Pulumi project: its runtime, its one source file and the text of it."""

    name: str
    runtime: str
    file: str
    text: str


_YAML = """
    resources:
      block:
        type: winipsec:FilterAction
        properties: { name: try-yaml-block, action: block }
      worm:
        type: winipsec:FilterList
        properties:
          name: try-yaml-worm
          filters: [{ source: any, destination: me, protocol: udp, destinationPort: 1434 }]
      policy:
        type: winipsec:Policy
        properties: { name: try-yaml }
      rule:
        type: winipsec:Rule
        properties:
          name: try-yaml-rule
          policy: ${policy.name}
          filterList: ${worm.name}
          filterAction: ${block.name}
    """

_PYTHON = """
    import MODULE as winipsec

    block = winipsec.FilterAction("block", name="PREFIX-block", action="block")
    worm = winipsec.FilterList(
        "worm",
        name="PREFIX-worm",
        filters=[{"source": "any", "destination": "me", "protocol": "udp", "destination_port": 1434}],
    )
    policy = winipsec.Policy("policy", name="PREFIX")
    winipsec.Rule(
        "rule", name="PREFIX-rule", policy=policy.name, filter_list=worm.name, filter_action=block.name
    )
    """

PROGRAMS = (
    Program("try-yaml", "yaml", "Pulumi.yaml", _YAML),
    Program(
        "try-sdk", "python", "__main__.py", _PYTHON.replace("MODULE", "pulumi_winipsec").replace("PREFIX", "try-sdk")
    ),
    Program(
        "try-dynamic",
        "python",
        "__main__.py",
        _PYTHON.replace("MODULE", "winipsec.dynamic").replace("PREFIX", "try-dynamic"),
    ),
)


def say(text: str) -> None:
    """Tells the user at once, also through a pipe."""
    print(f"==> {text}", flush=True)


def archive() -> Path:
    """The plugin archive for this machine."""
    system = {"Linux": "linux", "Darwin": "darwin"}[platform.system()]
    processor = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
    return next(DIST.glob(f"pulumi-resource-winipsec-v*-{system}-{processor}.tar.gz"))


def run(command: list[str], folder: Path, variables: dict[str, str]) -> str:
    """Runs a command to its end and returns its output; a failure ends the trial with all it said."""
    program = shutil.which(command[0], path=variables["PATH"]) or command[0]
    done = subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed ({done.returncode}) in {folder.name}:\n{done.stdout}")
    return done.stdout


def install(place: Path) -> dict[str, str]:
    """Installs everything below ``place`` and returns the variables under which it is used."""
    say(f"a Python environment in {place}, with the wheels of dist/")
    venv.create(place / "venv", with_pip=True)
    variables = environment(place / "state", venv=place / "venv")
    wheels = [str(path) for path in DIST.glob("*.whl") if not path.name.startswith("winipsec_lab")]
    run(["python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wheels], place, variables)
    packed = archive()
    version = packed.name.split("-v")[1].split("-")[0]
    say(f"pulumi plugin install --file {packed.name} (makes an environment of its own)")
    run(["pulumi", "plugin", "install", "resource", "winipsec", version, "--file", str(packed)], place, variables)
    return variables | {"PULUMI_IGNORE_AMBIENT_PLUGINS": "true"}


def try_program(program: Program, place: Path, variables: dict[str, str]) -> None:
    """One project from its stack's making to its removal."""
    folder = place / program.name
    folder.mkdir()
    folder.joinpath("Pulumi.yaml").write_text(f"name: {program.name}\nruntime: {program.runtime}\n", encoding="utf-8")
    with folder.joinpath(program.file).open("a", encoding="utf-8") as file:
        file.write(textwrap.dedent(program.text))
    run(["pulumi", "stack", "init", "trial"], folder, variables)
    say(f"{program.name}: up")
    first = run(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"], folder, variables)
    print(textwrap.indent(first.strip(), "    "))
    run(["pulumi", "up", "--yes", "--skip-preview", "--refresh", "--expect-no-changes"], folder, variables)
    run(["pulumi", "destroy", "--yes", "--skip-preview"], folder, variables)
    say(f"{program.name}: unchanged the second time, and gone again")


def main() -> None:
    """Tries every program; the first failure ends it and says what failed."""
    host = json.loads(LAB_HOSTS.read_text(encoding="utf-8"))[0]
    connection = {
        "WINIPSEC_HOST": host["address"],
        "WINIPSEC_PORT": str(host["port"]),
        "WINIPSEC_USERNAME": host["username"],
        "WINIPSEC_PASSWORD": host["password"],
    }
    os.environ.pop("WINIPSEC_PYTHON", None)
    with tempfile.TemporaryDirectory(prefix="winipsec-trial-") as scratch:
        place = Path(scratch).resolve()
        variables = install(place) | connection
        for program in PROGRAMS:
            try_program(program, place, variables)
    say("dist/ works")


if __name__ == "__main__":
    main()
