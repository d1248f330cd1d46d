"""The floors of the house: who may import whom, and how large a room may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROVIDER = ROOT / "provider"
LAB = ROOT / "lab"

# From the ground up; a module imports from its own floor and from those below. Every module and package at the top of
# `winipsec` stands here by name: a new one has to be given a floor.
FLOORS = (
    ("_version", "errors", "model"),
    ("formats", "traffic"),
    ("host", "lint"),
    ("resources",),
    ("plugin", "dynamic", "cli"),
)
LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names}

# `model`, `formats`, `traffic` and `lint` compute: the same input gives the same result, on any machine, at any time.
PURE = ("model", "formats", "traffic", "lint")
IMPURE_MODULES = frozenset(
    {
        *("asyncio", "fcntl", "ftplib", "getpass", "glob", "http", "locale", "logging", "multiprocessing", "os"),
        *("pathlib", "platform", "pwd", "random", "secrets", "select", "selectors", "shutil", "signal", "socket"),
        *("socketserver", "ssl", "subprocess", "sys", "tempfile", "time", "urllib", "warnings"),
        *("grpc", "psutil", "pulumi", "pypsrp", "requests", "rich", "spnego", "winrm"),
    }
)
IMPURE_CALLS = frozenset({"open", "input", "print", "now", "utcnow", "today", "uuid1", "uuid4", "getnode"})

LONGEST = 400
NAMELESS = frozenset({"utils", "util", "helpers", "helper", "common", "misc"})


def modules(folder: Path) -> list[Path]:
    """The hand-written Python files below a folder."""
    return sorted(path for path in folder.rglob("*.py") if "_pb2" not in path.name)


def imports(path: Path, root: Path) -> Iterator[str]:
    """What a file imports anywhere in it, relative imports resolved, `from a import b` as `a.b`."""
    parts = path.relative_to(root).parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = parts[: len(parts) - node.level] if node.level else ()
            stem = ".".join([*package, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def upward(path: Path, root: Path) -> Iterator[str]:
    """The imports of one file of the provider that run up the house, and a file that stands on no floor."""
    room = path.relative_to(root / "winipsec").parts[0].removesuffix(".py")
    if room == "__init__":
        yield from (f"{path}: the package itself imports {name}" for name in imports(path, root) if "winipsec" in name)
    elif room not in LEVEL:
        yield f"{path}: {room} stands on no floor"
    else:
        for name in imports(path, root):
            top, _, inner = name.partition(".")
            if top == "winipsec" and LEVEL.get(inner.split(".")[0], 0) > LEVEL[room]:
                yield f"{path} imports {name}"


def impurities(path: Path, root: Path) -> Iterator[str]:
    """What in one file reaches outside: I/O, clock, environment, chance."""
    yield from (f"{path} imports {name}" for name in imports(path, root) if name.split(".")[0] in IMPURE_MODULES)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            if called in IMPURE_CALLS:
                yield f"{path}:{node.lineno} calls {called}"


def test_no_arrow_runs_up():
    """Each room of the provider stands on a floor and imports only from its own floor and from those below."""
    files = modules(PROVIDER / "winipsec")
    assert len(files) > 10
    assert not [finding for path in files for finding in upward(path, PROVIDER)]


@pytest.mark.parametrize("room", PURE)
def test_pure_floors_only_compute(room):
    """No I/O, no clock, no environment below `host`."""
    assert not [finding for path in modules(PROVIDER / "winipsec" / room) for finding in impurities(path, PROVIDER)]


def test_provider_and_lab_do_not_know_each_other():
    """Two independent readings of one specification prove nothing once they share code."""
    for root, other in ((PROVIDER, "winipsec_lab"), (LAB, "winipsec")):
        files = modules(root)
        assert len(files) > 10
        assert not [path for path in files for name in imports(path, root) if name.split(".")[0] == other]


def test_rooms_stay_small_and_have_names():
    """No module is longer than 400 lines, and none is named for being left over."""
    files = [path for folder in (PROVIDER, LAB, ROOT / "tools", ROOT / "tests") for path in modules(folder)]
    assert not [path for path in files if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST]
    assert not [
        path for path in files if NAMELESS & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    ]


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("from winipsec.host import pool", "imports winipsec.host.pool"),
        ("from ..host.pool import Pool", "imports winipsec.host.pool.Pool"),
        ("from .. import plugin", "imports winipsec.plugin"),
        ("def late():\n    import winipsec.cli.tree", "imports winipsec.cli.tree"),
    ],
)
def test_a_planted_arrow_is_found(tmp_path, line, finding):
    """The walk sees absolute, relative and late imports: it could fail."""
    planted = tmp_path / "winipsec" / "model" / "planted.py"
    planted.parent.mkdir(parents=True)
    planted.write_text(line + "\n", encoding="utf-8")
    assert list(upward(planted, tmp_path)) == [f"{planted} {finding}"]


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("import os.path", "imports os.path"),
        ("from pathlib import Path", "imports pathlib.Path"),
        ("x = datetime.datetime.now()", "calls now"),
        ("x = open('f')", "calls open"),
    ],
)
def test_a_planted_impurity_is_found(tmp_path, line, finding):
    """The walk sees modules and calls that reach outside: it could fail."""
    planted = tmp_path / "planted.py"
    planted.write_text(line + "\n", encoding="utf-8")
    assert [found.endswith(finding) for found in impurities(planted, tmp_path)] == [True]
