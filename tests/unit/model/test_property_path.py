"""Property paths as the engine writes and reads them (spec: pulumi-provider 2.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winipsec.model.invalid import Invalid
from winipsec.model.property_path import ABSENT, covers, expand, find, matches, parse, render


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ()),
        ("root", ("root",)),
        ("root.nested", ("root", "nested")),
        ('root["nested"]', ("root", "nested")),
        ("root.double.nest", ("root", "double", "nest")),
        ('root["double"].nest', ("root", "double", "nest")),
        ("root.array[0]", ("root", "array", 0)),
        ("root.array[100]", ("root", "array", 100)),
        ("root.array[0].nested", ("root", "array", 0, "nested")),
        ("root.array[0][1].nested", ("root", "array", 0, 1, "nested")),
        ('root["key with \\"escaped\\" quotes"]', ("root", 'key with "escaped" quotes')),
        ('root["key with a ."]', ("root", "key with a .")),
        ('["root key with \\"escaped\\" quotes"].nested', ('root key with "escaped" quotes', "nested")),
        ('["root key with a ."][100]', ("root key with a .", 100)),
        ("root.array[*].field", ("root", "array", "*", "field")),
        ('root.array["*"].field', ("root", "array", "*", "field")),
        ("root.*.field", ("root", "*", "field")),
        ("root.[0]", ("root", 0)),
        ("kebab-case.ключ", ("kebab-case", "ключ")),
    ],
)
def test_paths_are_read_as_the_engine_reads_them(text, path):
    """The examples of the protocol, wildcards, and the dot before a bracket that old tools write."""
    assert parse(text) == path


@pytest.mark.parametrize("text", [".a", "a.", "a..b", "a[", "a[x]", "a[-1]", 'a["x]', "a[0]b", "[]", 'a["x"', "a]["])
def test_what_is_no_path_is_refused_with_the_place(text):
    """The message quotes the text and where reading stopped."""
    with pytest.raises(Invalid, match="is not a property path: no key or index can be read at"):
        parse(text)


@given(st.lists(st.one_of(st.integers(0, 10_000), st.text(min_size=1).filter(lambda key: "\\" not in key)), max_size=6))
def test_a_written_path_reads_back(path):
    """Any keys and indexes; the protocol has no way to write a backslash before a quote."""
    assert parse(render(path)) == tuple(path)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("a", "a", True),
        ("a", "a.b[0]", True),
        ("a.b", "a", False),
        ("a[*].c", "a[3].c", True),
        ("a[*].c", "a.key.c.deeper", True),
        ("a[*]", "a", False),
        ("a[1]", "a[2]", False),
        ("", "a", True),
    ],
)
def test_a_pattern_covers_what_lies_in_it(pattern, path, expected):
    """As `ignoreChanges` is understood; matching is covering at the same depth."""
    assert covers(parse(pattern), parse(path)) is expected
    assert matches(parse(pattern), parse(path)) is (expected and len(parse(pattern)) == len(parse(path)))


def test_values_are_found_or_absent_never_an_error():
    """Neither a wrong key nor a wrong kind of container raises."""
    value = {"a": [{"b": None}, 5]}
    assert find(value, parse("a[0].b")) is None
    assert find(value, ()) is value
    for path in ("a[2]", "a.b", "a[1].x", "c", "a[0].b.c", "a[0][0]"):
        assert find(value, parse(path)) is ABSENT


def test_patterns_expand_to_the_paths_that_are_there():
    """Wildcards stand for keys and indexes alike; what is not there is left out."""
    value = {"a": [{"b": 1}, {"c": 2}, {"b": 3}], "m": {"x": {"b": 4}}}
    assert list(expand(parse("a[*].b"), value)) == [("a", 0, "b"), ("a", 2, "b")]
    assert list(expand(parse("*[*].b"), value)) == [("a", 0, "b"), ("a", 2, "b"), ("m", "x", "b")]
    assert list(expand(parse("a.b"), value)) == []
    assert list(expand(parse("a[0].b[*]"), value)) == []
