"""Registry text: what one implementation writes the others read, and all three hold the same store (spec: wine-oracle 5).

The store is the one a lab host is born with: real blobs of both generations in the places where Windows keeps them.
"""

from __future__ import annotations

import pytest
from wine_machine import windows_path
from winipsec.formats.registry import RegistryTree
from winipsec.formats.registry_text import decode_reg_bytes, format_export, parse_export, parse_query
from winipsec_lab import scars
from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.registry import Registry

STORE = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"


@pytest.fixture(scope="module")
def born() -> Registry:
    """The registry of a lab host with the scars of a real one."""
    machine = Machine("WEB1")
    scars.install(machine)
    return machine.registry


@pytest.fixture(scope="module")
def through_wine(wine, born, tmp_path_factory) -> tuple[str, str]:
    """The store after the lab wrote it and Wine imported it: Wine's `reg export` and `reg query /s`."""
    folder = tmp_path_factory.mktemp("registry")
    source, target = folder / "store.reg", folder / "out.reg"
    source.write_bytes(born.export_text(STORE).encode("utf-16"))
    imported, exported, queried, _ = wine.run(
        [
            f'reg import "{windows_path(source)}"',
            f'reg export {STORE} "{windows_path(target)}" /y',
            f"reg query {STORE} /s",
            f"reg delete {STORE} /f",
        ]
    )
    assert (imported.code, exported.code, queried.code) == (0, 0, 0)
    return decode_reg_bytes(target.read_bytes()), queried.output.decode("cp437")


def contents(tree: RegistryTree) -> dict[str, set[tuple[str, int, bytes]]]:
    """Keys and values without order and case of keys: Wine sorts values by name."""
    return {path: {(value.name, value.type, value.data) for value in key.values} for path, key in tree.keys.items()}


def lab_contents(text: str) -> dict[str, dict[str, tuple[str, object]]]:
    """What the lab reads from an export."""
    registry = Registry()
    registry.import_text(text)
    return {path.lower(): dict(values) for path, values in registry.walk(STORE)}


def test_wine_takes_and_gives_back_what_the_lab_exports(born, through_wine):
    """A store that the lab writes survives an import and an export by Wine, value for value."""
    exported, _ = through_wine
    before = born.export_text(STORE)
    assert lab_contents(before)
    assert lab_contents(exported) == lab_contents(before)


def test_the_provider_reads_wines_export_as_the_lab_does(born, through_wine):
    """The provider's reader finds in Wine's export what it finds in the lab's."""
    exported, _ = through_wine
    ours = contents(parse_export(born.export_text(STORE)))
    assert len(ours) > 3
    assert contents(parse_export(exported)) == ours


def test_the_provider_reads_wines_query_as_its_export(through_wine):
    """`reg query /s`, made for people, gives the provider the same store as the exact export."""
    exported, queried = through_wine
    wanted = contents(parse_export(exported))
    found = contents(parse_query(queried))
    assert found == {path: values for path, values in wanted.items() if values or path in found}


def test_wine_takes_what_the_provider_exports(wine, through_wine, tmp_path):
    """The provider's writer is understood too: Wine imports it and exports the same."""
    exported, _ = through_wine
    tree = parse_export(exported)
    source, target = tmp_path / "in.reg", tmp_path / "out.reg"
    source.write_bytes(format_export(tree).encode("utf-16"))
    answers = wine.run(
        [
            f'reg import "{windows_path(source)}"',
            f'reg export {STORE} "{windows_path(target)}" /y',
            f"reg delete {STORE} /f",
        ]
    )
    assert [answer.code for answer in answers] == [0, 0, 0]
    assert contents(parse_export(decode_reg_bytes(target.read_bytes()))) == contents(tree)
