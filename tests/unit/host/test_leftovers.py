"""What a dead run left on the host, and what it proves (design 2.2, item 4)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from winipsec.host.leftovers import Intent, header, read_leftovers

ADD = 'ipsec static add filterlist name="worm"'
LIST = Intent("urn:a", "filter list", "worm")


def file(batch="1", intents=(LIST,), lines=(ADD,)):
    """A batch file as it lies on the host."""
    return "".join(f"{line}\r\n" for line in [*header(batch, intents), *lines])


def test_a_file_says_which_resource_wanted_what():
    """Found by resource and kind; by nothing else."""
    (found,) = read_leftovers(file())
    assert found.batch == "1"
    assert found.intent("urn:a", "filter list") == LIST
    assert found.intent("urn:a", "policy") is None
    assert found.intent("urn:b", "filter list") is None


def test_a_file_holds_its_commands():
    """Those of the script, and those recorded beside an intent."""
    recorded = Intent("urn:b", "rule", "in", recorded=('ipsec static add rule name="in" psk="***"',))
    (found,) = read_leftovers(file(intents=[LIST, recorded]))
    assert found.lines == {ADD, *recorded.recorded}


def test_an_assignment_remembers_what_was_active():
    """So that a run that died between assigning and saying so can still give it back."""
    intent = Intent("urn:a", "assignment", "P", previous="{before}")
    assert read_leftovers(file(intents=[intent]))[0].intent("urn:a", "assignment").previous == "{before}"


def test_several_files_follow_each_other():
    """As `type b-*.nsh` prints them; their commands are not mixed up."""
    text = file("1", lines=["one"]) + file("2", intents=[Intent("urn:b", "policy", "P")], lines=["two"])
    first, second = read_leftovers(text)
    assert (first.batch, first.lines, second.batch, second.lines) == ("1", {"one"}, "2", {"two"})
    assert second.intent("urn:a", "filter list") is None


def test_the_file_is_ascii_whatever_the_names():
    """It is read in a code page."""
    intent = Intent("urn:größe", "filter list", "Größe \U0001f512", recorded=('name="Größe"',))
    assert "\n".join(header("1", [intent])).isascii()
    (found,) = read_leftovers(file(intents=[intent]))
    assert found.intents[0].name == "Größe \U0001f512"
    assert 'name="Größe"' in found.lines


def test_every_line_of_the_head_is_a_comment():
    """Netsh runs nothing of it, whatever a name holds."""
    intent = Intent("urn\r\nipsec static delete all", "k", "\nquit", recorded=("a\nb",), previous="\r\n")
    assert all(line.startswith("# ") and "\n" not in line and "\r" not in line for line in header("1", [intent]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\r\n\r\n",
        ADD,
        "# somebody else's comment\r\n" + ADD,
        "# winipsec nonsense\r\n" + ADD,
        "# winipsec [1]\r\n",
        '# winipsec {"batch": 5}\r\n',
        '# winipsec {"urn": "urn:a", "kind": "filter list", "name": "worm"}\r\n' + ADD,
        "The system cannot find the file specified.\r\n",
    ],
)
def test_what_is_not_ours_proves_nothing(text):
    """Not a file, or one without the line that says which batch it is."""
    assert read_leftovers(text) == ()


def test_a_file_that_is_torn_proves_what_is_whole():
    """The run may have died while it was written."""
    text = file(lines=[ADD, "ipsec static add filter filterlist"])
    for end in range(len(text)):
        for found in read_leftovers(text[:end]):
            assert found.lines <= {ADD} | {text[:cut].rsplit("\r\n", 1)[-1].rstrip() for cut in range(end + 1)}
            assert set(found.intents) <= {LIST}


def test_a_file_after_a_torn_one_proves_all_the_same():
    """`type` puts files one behind the other; one that was cut short has no end of line."""
    whole = file("2", lines=[ADD])
    torn = file("1", lines=[ADD])
    for end in range(torn.index("\r\n"), len(torn)):
        assert read_leftovers(torn[:end] + whole)[-1] == read_leftovers(whole)[0]


@pytest.mark.parametrize("length", [1, 999, 1000, 1001, 2000, 5000])
def test_long_commands_are_recorded_in_pieces(length):
    """`findstr` lets no line of 8191 bytes pass, and six bytes stand for a Chinese character (spec: winrm 4.2)."""
    intent = Intent(LIST.urn, LIST.kind, LIST.name, ("\u5b57" * length, "second"))
    lines = header("1", [intent])
    assert max(map(len, lines)) < 8000
    (found,) = read_leftovers("\n".join(lines))
    assert found.lines == set(intent.recorded)


def test_lines_that_are_not_text_are_passed_over():
    """A record is read as far as it is what we write."""
    text = '# winipsec {"batch": "1"}\n# winipsec {"line": 5}\n# winipsec {"urn": "u", "kind": 5, "previous": null}\n'
    (found,) = read_leftovers(text)
    assert found.lines == frozenset()
    assert found.intents == (Intent("u", "", ""),)


texts = st.text(max_size=6)
intents = st.lists(
    st.builds(Intent, texts, texts, texts, st.lists(st.text(min_size=1, max_size=6), max_size=3).map(tuple), texts),
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(intents)
def test_whatever_is_written_is_read(wanted):
    """Any text in any place."""
    (found,) = read_leftovers("\r\n".join(header("1", wanted)))
    assert [(item.urn, item.kind, item.name, item.previous) for item in found.intents] == [
        (item.urn, item.kind, item.name, item.previous) for item in wanted
    ]
    assert found.lines == {line for item in wanted for line in item.recorded}
