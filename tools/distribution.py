"""Builds what a user installs, into ``dist/``: wheels and the plugin archives.

=============================================  ===================================================================
file                                           for
=============================================  ===================================================================
``winipsec_provider-V-py3-none-any.whl``       programs with ``winipsec.dynamic``, the command ``winipsec``, the
                                               plugin in a Python environment
``pulumi_winipsec-V-py3-none-any.whl``         Python programs that use the plugin
``winipsec_lab-V-py3-none-any.whl``            trying all of it without Windows
``pulumi-resource-winipsec-vV-OS-ARCH.tar.gz`` ``pulumi plugin install resource winipsec V --file …``: every language
=============================================  ===================================================================

The archive holds the executable that the engine starts, the package itself, and a ``PulumiPlugin.yaml`` with
``requirements.txt``, from which Pulumi makes the plugin's own Python environment when it installs the plugin. It is the
same for all platforms: an environment cannot be moved, so none is packed. Two builds of one commit are equal byte for
byte.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import NamedTuple

from pulumi_environment import CHECKOUT

DIST = CHECKOUT / "dist"
PLATFORMS = ("linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64", "windows-amd64")
PACKAGES = ("provider", "lab", "sdk/python")
SHIMS = ("pulumi-resource-winipsec", "pulumi-resource-winipsec.cmd")

# Hatchling stamps files with this moment by itself; the SDK's builder has to be told.
_REPRODUCIBLE = {**os.environ, "SOURCE_DATE_EPOCH": "1580601600"}


class Member(NamedTuple):
    """One file of the archive."""

    name: str
    content: bytes
    executable: bool = False


def build_wheels(target: Path) -> None:
    """One wheel per package, built from a copy: builders leave folders behind that the next wheel would contain."""
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / "package"
            left_out = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
            shutil.copytree(CHECKOUT / package, copy, ignore=left_out)
            command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(copy)]
            done = subprocess.run(command, env=_REPRODUCIBLE, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"building the wheel of {package} failed:\n{done.stdout}{done.stderr}")


def plugin_members(wheel: Path) -> tuple[str, list[Member]]:
    """The version and the files of the plugin archive: the package as the provider's wheel has it, and its start."""
    with zipfile.ZipFile(wheel) as content:
        names = sorted(content.namelist())
        package = [Member(name, content.read(name)) for name in names if name.startswith("winipsec/")]
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        headers = Parser().parsestr(content.read(metadata).decode())
    needed = [line for line in headers.get_all("Requires-Dist", []) if "extra ==" not in line]
    provider = CHECKOUT / "provider"
    return headers["Version"], [
        Member("LICENSE", CHECKOUT.joinpath("LICENSE").read_bytes()),
        Member("PulumiPlugin.yaml", provider.joinpath("PulumiPlugin.yaml").read_bytes()),
        *(Member(name, provider.joinpath(name).read_bytes(), executable=True) for name in SHIMS),
        Member("requirements.txt", "".join(f"{line}\n" for line in needed).encode()),
        *package,
    ]


def write_archive(path: Path, members: list[Member]) -> None:
    """A ``tar.gz`` that depends on the members alone: no times, no owners."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for member in members:
            entry = tarfile.TarInfo(member.name)
            entry.size = len(member.content)
            entry.mode = 0o755 if member.executable else 0o644
            archive.addfile(entry, io.BytesIO(member.content))


def main() -> None:
    """Replaces ``dist/`` as a whole and lists what is in it."""
    workshop = CHECKOUT / ".cache"
    workshop.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workshop) as scratch:
        fresh = Path(scratch) / "dist"
        fresh.mkdir()
        build_wheels(fresh)
        version, members = plugin_members(next(fresh.glob("winipsec_provider-*.whl")))
        for platform in PLATFORMS:
            write_archive(fresh / f"pulumi-resource-winipsec-v{version}-{platform}.tar.gz", members)
        shutil.rmtree(DIST, ignore_errors=True)
        fresh.rename(DIST)
    for path in sorted(DIST.iterdir()):
        print(f"{path.relative_to(CHECKOUT)}  {path.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
