"""Writes the files that are generated and committed, or checks that they are what would be written.

    python tools/generated.py [--check] [schema] [sdk] [proto] [reference] [rules] [diagram]

========= ====================================== ==============================================
name      made from                              files
========= ====================================== ==============================================
schema    the resource declarations              ``provider/schema.json``
sdk       ``provider/schema.json``               ``sdk/python``
proto     ``proto/winipsec/lab/v1/lab.proto``    the stubs in ``lab/winipsec_lab/service``
reference ``provider/schema.json``               ``docs/reference.md``
rules     the rules of lint                      ``docs/rules.md``
diagram   the table of the confirmed commit      a part of ``docs/safe-apply.md``
========= ====================================== ==============================================
"""

from __future__ import annotations

import argparse
import filecmp
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pulumi_environment import BINARIES, CHECKOUT

SCHEMA = CHECKOUT / "provider" / "schema.json"
DIAGRAM = "<!-- Made by `make diagram` from commit_table.py; do not edit. -->\n\n```mermaid\n"


class Output(NamedTuple):
    """One kind of generated files.

    ``write`` puts them into another folder in the layout they have below ``place``; a folder that is ``owned`` holds
    nothing else.
    """

    place: Path
    write: Callable[[Path], None]
    owned: str = ""


def write_schema(target: Path) -> None:
    """``schema.json`` from the declarations of the resources."""
    text = _run([sys.executable, "-m", "winipsec.resources.schema"])
    target.joinpath(SCHEMA.name).write_text(text, encoding="utf-8")


def write_sdk(target: Path) -> None:
    """The Python SDK, by Pulumi's own generator."""
    _run([str(BINARIES / "sdkgen"), "python", str(SCHEMA), str(target / "python")])


def write_proto(target: Path) -> None:
    """Messages, services and their types of the lab's control API."""
    # The stubs live in the package that uses them: the path on the left of "=" is what they import each other by.
    _run(
        [
            *(sys.executable, "-m", "grpc_tools.protoc"),
            f"--proto_path=winipsec_lab/service={CHECKOUT / 'proto/winipsec/lab/v1'}",
            *(f"--{kind}_out={target}" for kind in ("python", "pyi", "grpc_python")),
            "winipsec_lab/service/lab.proto",
        ]
    )


def write_reference(target: Path) -> None:
    """The page of the documentation with every property."""
    text = _run([sys.executable, str(CHECKOUT / "tools" / "reference.py")])
    target.joinpath("reference.md").write_text(text, encoding="utf-8")


def write_rules(target: Path) -> None:
    """The page of the documentation with every lint rule."""
    text = _run([sys.executable, str(CHECKOUT / "tools" / "lint_rules.py")])
    target.joinpath("rules.md").write_text(text, encoding="utf-8")


def write_diagram(target: Path) -> None:
    """The page about safe apply, with the state diagram of the confirmed commit between its marks."""
    page = (CHECKOUT / "docs" / "safe-apply.md").read_text(encoding="utf-8")
    before, mark, rest = page.partition(DIAGRAM)
    _, end, after = rest.partition("```\n")
    if not mark or not end:
        sys.exit(f"docs/safe-apply.md has no part that begins with {DIAGRAM!r}")
    drawn = _run([sys.executable, "-c", "from winipsec.host.commit_table import diagram; print(diagram(), end='')"])
    target.joinpath("safe-apply.md").write_text(before + DIAGRAM + drawn + end + after, encoding="utf-8")


OUTPUTS = {
    "schema": Output(SCHEMA.parent, write_schema),
    "sdk": Output(CHECKOUT / "sdk", write_sdk, owned="python"),
    "proto": Output(CHECKOUT / "lab", write_proto),
    "reference": Output(CHECKOUT / "docs", write_reference),
    "rules": Output(CHECKOUT / "docs", write_rules),
    "diagram": Output(CHECKOUT / "docs", write_diagram),
}


def _run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{Path(command[0]).name} failed ({done.returncode}):\n{done.stderr}")
    return done.stdout


def differences(fresh: Path, output: Output) -> list[Path]:
    """What is missing or differs from the fresh files, and what lies in an owned folder without being written."""
    wanted = {path.relative_to(fresh) for path in fresh.rglob("*") if path.is_file()}
    wrong = {path for path in wanted if not _same(fresh / path, output.place / path)}
    if output.owned:
        known = _run(["git", "ls-files", "-z", "--", str(output.place / output.owned)]).split("\0")
        wrong |= {(CHECKOUT / name).relative_to(output.place) for name in known if name} - wanted
    return sorted(wrong)


def _same(fresh: Path, committed: Path) -> bool:
    return committed.is_file() and filecmp.cmp(fresh, committed, shallow=False)


def main() -> None:
    """Writes or checks what is named on the command line; all of it when nothing is named."""
    parser = argparse.ArgumentParser(description="Write the generated files of this repository, or check them.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when something is out of date")
    parser.add_argument("names", nargs="*", metavar="|".join(OUTPUTS), help="what to write (default: all)")
    arguments = parser.parse_args()
    for name in arguments.names or OUTPUTS:
        if name not in OUTPUTS:
            parser.error(f"nothing generated is called {name}: {', '.join(OUTPUTS)}")
        output = OUTPUTS[name]
        with tempfile.TemporaryDirectory() as scratch:
            fresh = Path(scratch)
            output.write(fresh)
            wrong = differences(fresh, output)
            if not wrong:
                continue
            listed = "\n".join(f"  {output.place.joinpath(path).relative_to(CHECKOUT)}" for path in wrong)
            if arguments.check:
                sys.exit(f"Not what `make {name}` writes:\n{listed}")
            for path in wrong:
                committed = output.place / path
                if (fresh / path).exists():
                    committed.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(fresh / path, committed)
                else:
                    committed.unlink(missing_ok=True)
            print(f"written:\n{listed}")


if __name__ == "__main__":
    main()
