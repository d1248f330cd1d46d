"""The file system: names, errors, access lists, persistence."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winipsec_lab.machine.files import FileError, FileSystem, is_device, wildcard
from winipsec_lab.machine.security import AccessList, Entry


@pytest.fixture
def files():
    """An empty drive."""
    return FileSystem(lambda: 0.0)


@pytest.mark.parametrize(
    ("path", "absolute"),
    [
        ("a", r"C:\d\a"),
        (r"..\a", r"C:\a"),
        (r"..\..\..\a", r"C:\a"),
        (r".\a\.\b", r"C:\d\a\b"),
        (r"\a", r"C:\a"),
        ("C:", "C:\\d"),
        ("C:a", r"C:\d\a"),
        ("c:\\", "C:\\"),
        ("C:/a/b", r"C:\a\b"),
        (r"C:\a\\b\ ", r"C:\a\b"),
        ("a. ", r"C:\d\a"),
        ("Z:a", r"Z:\a"),
        (r"\\?\C:\a", r"C:\a"),
        (r"\\server\share", r"\\server\share"),
        ("", "C:\\d"),
        (".", "C:\\d"),
    ],
)
def test_paths_become_absolute(path, absolute):
    """Relative, rooted, drive-relative, with dots, slashes and trailing blanks."""
    assert FileSystem.absolute(path, "C:\\d") == absolute


@given(st.text(max_size=20))
def test_any_text_becomes_some_path(path):
    """No name breaks the drive, and absolute paths stay as they are."""
    absolute = FileSystem.absolute(path, "C:\\d")
    if not absolute.startswith("\\\\"):
        assert FileSystem.absolute(absolute) == absolute


def test_names_compare_without_case_and_keep_their_spelling(files):
    """One file, many spellings."""
    files.write(r"C:\Ab.txt", b"1")
    files.write(r"C:\AB.TXT", b"2")
    assert [info.name for info in files.listing("C:\\")] == ["Ab.txt"]
    assert files.read(r"c:\ab.txt") == b"2"
    assert files.spelling(r"C:\AB.TXT") == r"C:\Ab.txt"


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (lambda files: files.read(r"C:\no"), 2),
        (lambda files: files.read(r"C:\no\no"), 3),
        (lambda files: files.read(r"Z:\no"), 3),
        (lambda files: files.read(r"C:\d"), 5),
        (lambda files: files.write(r"C:\no\f"), 3),
        (lambda files: files.write(r"C:\d"), 5),
        (lambda files: files.write(r"C:\a?b"), 123),
        (lambda files: files.write("C:\\a\tb"), 123),
        (lambda files: files.make_folder(r"C:\d"), 183),
        (lambda files: files.make_folder(r"Z:\d"), 3),
        (lambda files: files.remove(r"C:\d"), 5),
        (lambda files: files.remove_folder(r"C:\d"), 145),
        (lambda files: files.remove_folder(r"C:\d\f"), 267),
        (lambda files: files.remove_folder("C:\\", tree=True), 5),
        (lambda files: files.move(r"C:\d\f", r"C:\d\g"), 183),
        (lambda files: files.move(r"C:\d", r"C:\d\x"), 32),
        (lambda files: files.listing(r"C:\d\f"), 267),
    ],
)
def test_failures_carry_the_error_number_of_windows(files, action, code):
    """And change nothing."""
    files.make_folder(r"C:\d")
    files.write(r"C:\d\f", b"f")
    files.write(r"C:\d\g", b"g")
    before = files.to_json()
    with pytest.raises(FileError) as caught:
        action(files)
    assert caught.value.code == code
    assert files.to_json() == before


def test_renaming_may_change_only_the_case(files):
    """The target is the file itself."""
    files.write(r"C:\a", b"1")
    files.move(r"C:\a", r"C:\A")
    assert [info.name for info in files.listing("C:\\")] == ["A"]


@pytest.mark.parametrize(
    ("pattern", "fits", "not_"),
    [
        ("*.txt", ["a.txt", "A.TXT", ".txt"], ["a.txt2", "txt"]),
        ("*.*", ["a", "a.b"], []),
        ("a?", ["ab"], ["a", "abc"]),
        ("[a]*", ["[a]b"], ["ab"]),
        ("a.*", ["a", "a.b"], ["b"]),
    ],
)
def test_wildcards(pattern, fits, not_):
    """DOS patterns, brackets being plain."""
    matches = wildcard(pattern)
    assert all(map(matches, fits))
    assert not any(map(matches, not_))


def test_devices_are_known_by_name():
    """In any folder, with any suffix."""
    assert all(map(is_device, ["nul", "NUL", "con", r"C:\x\nul", "nul.txt", "nul:"]))
    assert not any(map(is_device, ["null", "nul2", r"C:\nul\x"]))


def test_access_is_inherited_until_it_is_protected(files):
    """What icacls /inheritance:r is for."""
    files.make_folder(r"C:\d")
    files.write(r"C:\d\f", b"")
    assert [entry.sid for entry in files.access(r"C:\d\f").entries] == ["S-1-5-18", "S-1-5-32-544", "S-1-5-32-545"]
    files.set_access(r"C:\d", AccessList((Entry("S-1-5-18", "F", "(OI)(CI)"),), protected=True))
    assert files.access(r"C:\d\f").entries == (Entry("S-1-5-18", "F", inherited=True),)


def test_a_drive_survives_json(files):
    """Bytes, attributes and access lists included."""
    files.make_folder(r"C:\D")
    files.write(r"C:\D\f", bytes(range(256)))
    files.set_attributes(r"C:\D\f", frozenset("RH"))
    files.set_access(r"C:\D", AccessList((Entry("S-1-5-18", "F", "(OI)"),), protected=True))
    again = FileSystem(lambda: 0.0)
    again.load_json(json.loads(json.dumps(files.to_json())))
    assert again.to_json() == files.to_json()
    assert again.read(r"C:\d\F") == bytes(range(256))
    assert again.access(r"C:\D\f").entries == (Entry("S-1-5-18", "F", inherited=True),)
