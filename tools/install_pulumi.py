"""Puts the Pulumi command line into ``.cache/bin`` of this checkout, from the first source that has it.

1. PATH, when it holds version 3.200 or newer with the Python and YAML hosts.
2. What an earlier build left in the user's cache folder: no network, no waiting.
3. Pulumi's own installer, when its address answers within five seconds.
4. A build from pinned Go modules (``pulumi_sources``).

``.cache/bin`` holds links only, so a second clone costs nothing. Running it again is quick and changes nothing.

    python tools/install_pulumi.py [--from path|installer|source] [--generator]

``--generator`` asks for ``sdkgen``, the SDK generator, as well; it is always built, since the generated SDK is
compared byte by byte.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path

import pulumi_sources
from pulumi_environment import BINARIES
from pulumi_sources import COMMAND_LINE, GENERATOR, PULUMI_VERSION, BuildError

OLDEST_PULUMI = (3, 200)
NEEDED = ("pulumi", "pulumi-language-python", "pulumi-language-yaml")
USEFUL = (
    *("pulumi-language-python-exec", "pulumi-resource-pulumi-python", "pulumi-analyzer-policy-python"),
    "pulumi-converter-yaml",
)
INSTALLER = "https://get.pulumi.com"
INSTALLER_PATIENCE = 5.0


def say(text: str) -> None:
    """Tells the user at once, also through a pipe."""
    print(f"  pulumi: {text}", flush=True)


def from_path() -> Path | None:
    """The folder of a recent enough Pulumi on PATH with the hosts we need."""
    path = os.pathsep.join(part for part in os.environ.get("PATH", "").split(os.pathsep) if Path(part) != BINARIES)
    found = shutil.which("pulumi", path=path)
    if found is None:
        return None
    folder = Path(found).resolve().parent
    version = _version(found)
    if version < OLDEST_PULUMI:
        oldest = ".".join(map(str, OLDEST_PULUMI))
        say(f"{found} is older than {oldest}: not used")
        return None
    missing = [name for name in NEEDED if not (folder / name).exists()]
    if missing:
        say(f"{found} lacks {', '.join(missing)}: not used")
        return None
    return folder


def _version(program: str) -> tuple[int, ...]:
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(
            [program, "version"], env=environment, capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    match = re.search(r"v?(\d+)\.(\d+)\.\d+", answer)
    return (int(match[1]), int(match[2])) if match else ()


def from_cache() -> Path | None:
    """The folder of an earlier build or download of exactly our version."""
    return pulumi_sources.ready(COMMAND_LINE) or _whole(_installed())


def _installed() -> Path:
    return pulumi_sources.cache_root() / f"installed-{PULUMI_VERSION}" / "bin"


def _whole(folder: Path) -> Path | None:
    return folder if all((folder / name).exists() for name in NEEDED) else None


def from_installer(address: str = INSTALLER) -> Path | None:
    """Runs Pulumi's installer for exactly our version, when its address answers."""
    try:
        with urllib.request.urlopen(address, timeout=INSTALLER_PATIENCE) as answer:  # noqa: S310 fixed https address
            script = answer.read(1 << 20)
    except (OSError, urllib.error.URLError, ValueError):
        say(f"{address} does not answer")
        return None
    if not script.startswith(b"#!"):
        say(f"{address} does not answer with an installer")
        return None
    say(f"downloading {PULUMI_VERSION} with the installer of {address} (about 150 MB)")
    target = _installed().parent
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        command = ["sh", "-s", "--", "--version", PULUMI_VERSION, "--install-root", str(scratch), "--no-edit-path"]
        done = subprocess.run(command, input=script, stdout=subprocess.DEVNULL, timeout=900, check=False)
        if done.returncode or _whole(scratch / "bin") is None:
            say("the installer did not succeed")
        elif _whole(_installed()) is None:
            shutil.rmtree(target, ignore_errors=True)
            scratch.replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return _whole(_installed())


def from_source() -> Path | None:
    """Builds the command line, and the generator while Go's caches are warm."""
    return pulumi_sources.build((COMMAND_LINE, GENERATOR), say)[COMMAND_LINE.name]


SOURCES: dict[str, tuple[Callable[[], Path | None], ...]] = {
    "path": (from_path,),
    "installer": (from_installer,),
    "source": (from_source,),
    "any": (from_path, from_cache, from_installer, from_source),
}


def link(folder: Path, names: Iterable[str]) -> None:
    """Makes ``.cache/bin`` hold links to those of the names that the folder has."""
    BINARIES.mkdir(parents=True, exist_ok=True)
    for name in names:
        target, place = folder / name, BINARIES / name
        if not target.exists():
            place.unlink(missing_ok=True)
        elif not (place.is_symlink() and place.readlink() == target):
            fresh = BINARIES / f"{name}.{os.getpid()}"
            fresh.symlink_to(target)
            fresh.replace(place)


def main() -> None:
    """Finds or makes the command line, links it and says which one it is."""
    parser = argparse.ArgumentParser(description="Put the Pulumi command line into .cache/bin of this checkout.")
    parser.add_argument("--from", dest="source", choices=SOURCES, default="any", help="only from there")
    parser.add_argument("--generator", action="store_true", help="also the SDK generator")
    arguments = parser.parse_args()
    try:
        folder = next((found for source in SOURCES[arguments.source] if (found := source())), None)
        if folder is None:
            sys.exit(f"No Pulumi {'.'.join(map(str, OLDEST_PULUMI))} or newer from: {arguments.source}")
        if arguments.generator:
            pulumi_sources.build((GENERATOR,), say)
    except BuildError as failure:
        sys.exit(f"The Pulumi command line could not be built: {failure}")
    before = BINARIES.joinpath("pulumi")
    news = not before.is_symlink() or before.readlink() != folder / "pulumi"
    link(folder, (*NEEDED, *USEFUL))
    generator = pulumi_sources.ready(GENERATOR)
    if generator:
        link(generator, ["sdkgen"])
    if news:
        say(f"using {folder / 'pulumi'}")


if __name__ == "__main__":
    main()
