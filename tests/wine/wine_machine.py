"""Wine as a machine that runs Windows command lines: a prefix and stand-ins of our own, one launcher for many jobs.

What it can tell and what not is known (spec: wine-oracle). Two traps are built around: a Unix argument list cannot carry
a raw Windows command line, so a small program starts them; and the first process after a start keeps its output open
for ever, so a first command runs with no pipe attached.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "wine"
COMPILER = "x86_64-w64-mingw32-gcc"
PACKAGES = "wine wine64 gcc-mingw-w64-x86-64-win32"


class Answer(NamedTuple):
    """What one command line gave."""

    code: int
    output: bytes


class WineMachine:
    """One prefix below `.cache`, made at the first use (about 20 seconds)."""

    def __init__(self, scratch: Path) -> None:
        wine = next((path for path in ("/usr/lib/wine/wine64", "/usr/lib/wine/wine") if Path(path).exists()), None)
        server = next((path for path in ("/usr/lib/wine/wineserver64",) if Path(path).exists()), None)
        if wine is None or server is None or shutil.which(COMPILER) is None:
            raise RuntimeError(f"these tests need Wine and a Windows compiler: apt-get install {PACKAGES}")
        self._wine, self._server, self._scratch = wine, server, scratch
        self._programs = CACHE / "programs"
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "DISPLAY"},
            "WINEPREFIX": str(CACHE / "prefix"),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
            "WINEPATH": f"Z:{self._programs}".replace("/", "\\"),
        }

    def start(self) -> None:
        """Compiles the stand-ins, makes the prefix and leaves the server running."""
        self._programs.mkdir(parents=True, exist_ok=True)
        for source in ("launcher.c", "netsh.c"):
            target = self._programs / source.replace(".c", ".exe")
            options = ["-O1", "-municode"] if source == "netsh.c" else ["-O1"]
            subprocess.run([COMPILER, *options, "-o", target, HERE / source], check=True)
        if not (CACHE / "prefix" / "system.reg").exists():
            self._quietly(self._wine, "wineboot.exe", "-i")
        self._quietly(self._server, "-p")
        self._quietly(self._wine, "cmd", "/c", "exit", "0")

    def stop(self) -> None:
        """Ends the server and every Windows process."""
        self._quietly(self._server, "-k")

    def run(self, lines: list[str]) -> list[Answer]:
        """Runs raw Windows command lines one after another."""
        jobs, results = self._scratch / "jobs", self._scratch / "results"
        jobs.write_text("".join(f"{line.encode('utf-16-le').hex()}\n" for line in lines))
        self._quietly(
            self._wine, str(self._programs / "launcher.exe"), *map(windows_path, (jobs, results, self._scratch))
        )
        rows = [row.partition(" ") for row in results.read_text().splitlines()]
        assert len(rows) == len(lines), "the launcher did not get through"
        return [Answer(int(code), bytes.fromhex(output)) for code, _, output in rows]

    def netsh_arguments(self, lines: list[str]) -> list[list[str]]:
        """The arguments that a program called netsh receives from each command line."""
        return [
            [bytes.fromhex(row).decode("utf-16-be") for row in answer.output.decode("ascii").splitlines()]
            for answer in self.run(lines)
        ]

    def _quietly(self, *command: str) -> None:
        silent = subprocess.DEVNULL
        subprocess.run(
            command, env=self._environment, stdin=silent, stdout=silent, stderr=silent, check=False, timeout=600
        )


def windows_path(path: Path) -> str:
    """The name of a Unix file inside Wine."""
    return f"Z:{path}".replace("/", "\\")
