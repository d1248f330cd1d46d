"""Breaks the modules that take changes back, one small thing at a time, and sees whether their unit tests notice.

    python tools/mutants.py [--only PATTERN] [--jobs N] [--list]

A mutant is one node of a module's syntax tree put in another's place: a comparison, a member of an enumeration, a
number, a word, a statement that is left out. Every mutant runs in a process of its own, forked where everything but
the modules under test is imported already, and the first failing test kills it; so does a minute without an end.

A mutant that no test can kill, because it does the same as the original, is listed in ``EQUIVALENT`` with its reason.
The run fails on a survivor that is not listed, and on a listed one that is killed or does not exist any more.
"""

from __future__ import annotations

import argparse
import ast
import copy
import fnmatch
import importlib
import importlib.util
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NamedTuple

from pulumi_environment import CHECKOUT

HOST = CHECKOUT / "provider" / "winipsec" / "host"
TESTS = CHECKOUT / "tests" / "unit" / "host"
EQUIVALENT = CHECKOUT / "tools" / "mutants_equivalent.txt"
MODULES = {
    "commit_table": ("test_commit_table.py", "test_commit.py", "test_commit_confirming.py", "test_commit_endings.py"),
    "commit": ("test_commit.py", "test_commit_confirming.py", "test_commit_endings.py", "test_safe_dispatch.py"),
    "recovery": ("test_recovery.py", "test_recovery_reading.py"),
    "pending": ("test_pending.py", "test_recovery.py", "test_recovery_reading.py"),
    "revert_script": ("test_revert_script.py",),
}
"""The modules, and the tests that have to notice."""
SECONDS = 60
ENUMERATIONS = {"Event": "Event", "_E": "Event", "State": "State", "_S": "State", "Deed": "Deed", "Service": "Service"}
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


class Mutant(NamedTuple):
    """One broken module: its name, what was done to it, and its text."""

    module: str
    name: str
    source: str


# --- making them


def members(name: str) -> list[str]:
    """The members of an enumeration of the host floor."""
    sources = (HOST / f"{module}.py" for module in ("commit_table", "recovery", "machine"))
    classes = (node for path in sources for node in ast.parse(path.read_text("utf-8")).body)
    found = next(node for node in classes if isinstance(node, ast.ClassDef) and node.name == name)
    targets = (node.targets[0] for node in found.body if isinstance(node, ast.Assign))
    return [target.id for target in targets if isinstance(target, ast.Name)]


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        changed = copy.deepcopy(node)
        changed.ops[0] = SWAPS[type(node.ops[0])]()  # type: ignore[call-overload]
        yield changed
    elif isinstance(node, (ast.BoolOp, ast.BinOp)) and type(node.op) in SWAPS:
        operation = copy.deepcopy(node)
        operation.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
        yield operation
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.Constant):
        yield from constants(node)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ENUMERATIONS:
        names = members(ENUMERATIONS[node.value.id])
        if node.attr in names:
            following = names[(names.index(node.attr) + 1) % len(names)]
            yield ast.Attribute(node.value, following, ast.Load())
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)) and not isinstance(node.test, (ast.Compare, ast.UnaryOp)):
        negated = copy.deepcopy(node)
        negated.test = ast.UnaryOp(ast.Not(), negated.test)
        yield negated
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield ast.Pass()


def constants(node: ast.Constant) -> Iterator[ast.AST]:
    """Another truth value, number or word; prose is for people and stays."""
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, (int, float)):
        yield ast.Constant(node.value + 1)
    elif isinstance(node.value, str) and node.value and " " not in node.value.strip():
        yield ast.Constant(f"{node.value}x")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


class Walk(ast.NodeVisitor):
    """Finds the nodes of a module that can be broken, each with the place it is in; texts for people are left out."""

    def __init__(self) -> None:
        self.found: list[tuple[str, ast.AST]] = []
        self._place: list[str] = []

    def visit(self, node: ast.AST) -> None:
        """Every node but docstrings, annotations and imports."""
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            self._place.append(node.name)
            for part in (*node.decorator_list, *node.body):
                if not _is_docstring(part):
                    self.visit(part)
            if isinstance(node, ast.FunctionDef):
                for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
                    self.visit(default)
            self._place.pop()
            return
        if isinstance(node, (ast.Import, ast.ImportFrom)) or _is_docstring(node):
            return
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.visit(node.value)
            return
        self.found.append((".".join(self._place), node))
        self.generic_visit(node)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


class Swap(ast.NodeTransformer):
    """Puts one node in another's place."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        """The tree with the new node."""
        if node is self._old:
            return ast.copy_location(self._new, node)
        changed: ast.AST = self.generic_visit(node)
        return changed


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of one module."""
    text = (HOST / f"{module}.py").read_text("utf-8")
    seen: Counter[str] = Counter()
    for number, (place, node) in enumerate(_nodes(ast.parse(text))):
        for other in replacements(node):
            shown = f"{module}.{place or 'top'}: {_shown(node)} -> {_shown(other)}"
            seen[shown] += 1
            tree = ast.parse(text)
            changed = ast.fix_missing_locations(Swap(_nodes(tree)[number][1], other).visit(tree))
            name = shown if seen[shown] == 1 else f"{shown} #{seen[shown]}"
            yield Mutant(module, name, ast.unparse(changed))


def _nodes(tree: ast.AST) -> list[tuple[str, ast.AST]]:
    walk = Walk()
    walk.visit(tree)
    return walk.found


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 70 else f"{text[:67]}..."


# --- trying them


class Broken(Loader):
    """Gives a mutant out for the module of its name."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, _path: object, _target: object = None) -> ModuleSpec | None:
        """The mutant's specification; None for every other module."""
        if name != f"winipsec.host.{self._mutant.module}":
            return None
        return importlib.util.spec_from_loader(name, self, origin=str(HOST / f"{self._mutant.module}.py"))

    def create_module(self, _spec: ModuleSpec) -> ModuleType | None:
        """A module as usual."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """The broken text."""
        exec(compile(self._mutant.source, f"<{self._mutant.name}>", "exec"), module.__dict__)  # noqa: S102 - our own


def killed(mutant: Mutant) -> bool:
    """Whether a test fails, or does not end, in a process of its own."""
    process = os.fork()
    if process == 0:
        _child(mutant)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) != 0


def _child(mutant: Mutant) -> None:
    """Runs the tests of a module and ends the process; never returns."""
    import pytest

    signal.alarm(SECONDS)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    sys.meta_path.insert(0, Broken(mutant))
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest", "--tb=no"]
    code = 1
    try:
        code = int(pytest.main([*options, *(str(TESTS / name) for name in MODULES[mutant.module])]))
    finally:
        os._exit(code)


def preload() -> None:
    """Imports what every mutant needs, but for the modules under test and what imports them."""
    for name in ("formats.policy_store", "host.batch", "host.connection", "host.machine", "model.store"):
        importlib.import_module(f"winipsec.{name}")
    wrong = [name for name in MODULES if f"winipsec.host.{name}" in sys.modules]
    assert not wrong, wrong  # noqa: S101 - else the original would be tested


def listed() -> dict[str, str]:
    """The mutants that do the same as the original, each with its reason."""
    lines = (line for line in EQUIVALENT.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return {name.strip(): why.strip() for name, _, why in (line.partition(" | ") for line in lines)}


def tried(wanted: list[Mutant], jobs: int, say: Callable[[str], None]) -> list[str]:
    """The names of those that survive."""
    survivors: list[str] = []
    with ThreadPoolExecutor(jobs) as pool:
        for number, (mutant, dead) in enumerate(zip(wanted, pool.map(killed, wanted), strict=True), 1):
            if not dead:
                survivors.append(mutant.name)
                say(f"survives: {mutant.name}")
            if number % 50 == 0:
                say(f"{number} of {len(wanted)} tried")
    return survivors


def main() -> None:
    """Tries all mutants, and exits with 1 where the list is not what came of them."""
    parser = argparse.ArgumentParser(description="Break what takes changes back, and see whether the tests notice.")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="only mutants whose name matches")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at the same time")
    parser.add_argument("--list", action="store_true", help="print the mutants and try none")
    arguments = parser.parse_args()
    known = listed()
    wanted = [one for module in MODULES for one in mutants(module) if fnmatch.fnmatch(one.name, arguments.only)]
    if arguments.list:
        print("\n".join(one.name for one in wanted))
        return
    preload()
    survivors = tried(wanted, arguments.jobs, lambda text: print(text, flush=True))
    names = {one.name for one in wanted}
    wrong = [f"not listed, and no test notices: {name}" for name in survivors if name not in known]
    wrong += [f"listed, but a test notices: {name}" for name in known if name in names and name not in survivors]
    if arguments.only == "*":
        wrong += [f"listed, but there is no such mutant: {name}" for name in known if name not in names]
    print(f"{len(wanted)} mutants: {len(wanted) - len(survivors)} killed, {len(survivors)} survive")
    sys.exit("\n".join(wrong) if wrong else 0)


if __name__ == "__main__":
    main()
