"""Which files of batches may go at the end of a run (design 2.2, 4)."""

import dataclasses

import pytest
from winipsec.host.batch_files import BatchFiles
from winipsec.host.leftovers import Intent, Leftover
from winipsec.host.machine import Machine
from winipsec.host.snapshot import Snapshot
from winipsec.model.store import Store

FOLDER = r"C:\Windows\winipsec"
URN = "urn:pulumi:dev::web::winipsec:index:Policy::p"
OTHER = "urn:pulumi:dev::web::winipsec:index:Policy::q"
FOREIGN = "urn:pulumi:prod::web::winipsec:index:Policy::p"


def left(batch, *urns):
    """A file of an earlier run."""
    return Leftover(batch, tuple(Intent(urn, "policy", "P") for urn in urns), frozenset())


def seen(*leftovers, files=()):
    """The last look at a host."""
    names = frozenset([*(f"b-{item.batch}.nsh" for item in leftovers), *files])
    return Snapshot("web1", Store(), Machine(), folder=FOLDER, leftovers=leftovers, files=names)


def removed(files, snapshot, *settled):
    """The names of the files that are removed, and those that are only if they are still empty."""
    text = " & ".join(files.removal(snapshot, set(settled)))
    parts = text.split(" & ") if text else []
    names = {part: part.rpartition("\\")[2].removesuffix('" 2>nul') for part in parts}
    sure = sorted(name for part, name in names.items() if part.startswith("del "))
    blank = sorted(name for part, name in names.items() if part.startswith("findstr "))
    return sure, blank


def test_a_batch_goes_when_all_its_resources_are_settled():
    """Not before: the file is what a later run proves its objects with."""
    files = BatchFiles()
    number = files.begin([URN, OTHER])
    assert removed(files, seen(), URN) == ([], [])
    assert removed(files, seen(), URN, OTHER) == ([f"b-{number}.nsh"], [])
    files.removed({URN, OTHER})
    assert removed(files, seen(), URN, OTHER) == ([], [])


def test_every_batch_has_a_number_of_its_own():
    """Two programs write into one folder."""
    files = BatchFiles()
    numbers = {files.begin([URN]) for _ in range(100)}
    assert len(numbers) == 100
    assert files.last in numbers


@pytest.mark.parametrize("settled", [(), (OTHER,), (FOREIGN,)])
def test_what_speaks_of_others_stays(settled):
    """Whoever they are."""
    assert "b-1.nsh" not in removed(BatchFiles(), seen(left("1", URN)), *settled)[0]


def test_a_dead_run_s_file_goes_with_its_resources():
    """And a script with a key that it could not delete."""
    assert removed(BatchFiles(), seen(left("1", URN), left("2", FOREIGN)), URN) == (["b-1.nsh", "s-1.nsh"], [])


def test_a_key_of_a_dead_run_goes_before_its_resources_are_settled():
    """The proof stays, the key does not."""
    assert removed(BatchFiles(), seen(left("1", URN, OTHER)), URN) == (["s-1.nsh"], [])


def test_a_dead_run_s_change_or_deletion_goes_with_its_key():
    """It names nobody: such a file proves nothing."""
    assert removed(BatchFiles(), seen(left("1")), URN) == (["b-1.nsh", "s-1.nsh"], [])


def test_a_key_of_our_own_goes_where_its_line_was_interrupted():
    """The host may have gone down before it could delete it."""
    files = BatchFiles()
    number = files.begin([URN])
    files.interrupted(number)
    assert removed(files, seen(), URN) == ([f"b-{number}.nsh", f"s-{number}.nsh"], [])


def test_an_empty_file_goes_unless_somebody_is_writing_it():
    """It has no header, so it is in the folder and not among what was read."""
    assert removed(BatchFiles(), seen(left("1", FOREIGN), files=["b-2.nsh"]), URN) == ([], ["b-2.nsh"])


def test_our_own_file_is_not_taken_for_an_empty_one():
    """It was begun after the last look, or its text is still on the way."""
    files = BatchFiles()
    number = files.begin([URN, OTHER])
    assert removed(files, seen(files=[f"b-{number}.nsh"]), URN) == ([], [])


def test_a_key_without_its_batch_goes():
    """Nobody can be running it: the file with the intents always comes first and goes last."""
    assert removed(BatchFiles(), seen(files=["s-7.nsh"]), URN) == (["s-7.nsh"], [])
    assert removed(BatchFiles(), seen(left("7", FOREIGN), files=["s-7.nsh"]), URN) == ([], [])


def test_who_has_settled_nothing_removes_nothing():
    """A preview, or a run that failed from the start, leaves the host alone."""
    snapshot = seen(left("1", URN), files=["b-2.nsh", "s-3.nsh"])
    assert BatchFiles().removal(snapshot, set()) == []


def test_the_folder_is_the_host_s_own():
    """Windows lies elsewhere on some."""
    old = dataclasses.replace(seen(left("1", URN)), folder=r"D:\WINNT\winipsec")
    (line,) = BatchFiles().removal(old, {URN})
    assert line.startswith(r'del /f /q "D:\WINNT\winipsec\b-1.nsh" 2>nul')
