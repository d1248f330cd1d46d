"""How a batch travels: scripts, argument lines, keys (design 2.2, item 9; spec: winrm 4.2 to 4.6, wine-oracle 3)."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from winipsec.errors import UserError
from winipsec.formats import netsh
from winipsec.formats.quoting import argument
from winipsec.host.batch import (
    opening_length,
    recorded_line,
    remote_commands,
    remove_files,
    require_carriable,
    secure_folder,
    start_service,
)
from winipsec.host.leftovers import Intent, read_leftovers
from winipsec.host.snapshot import READ_LINE
from winipsec.model.methods import Kerberos, PresharedKey, RootCa
from winipsec.model.policies import Policy, Rule

FOLDER = r"C:\Windows\winipsec"
KEY = "k3y-0f-the-t3st"
CMD_LIMIT = 8191  # spec: winrm 4.2
OPENING = rf'findstr "^" >"{FOLDER}\b-1.nsh" && netsh -f "{FOLDER}\b-1.nsh"'
KEYED = rf'findstr "^" >"{FOLDER}\s-1.nsh" && netsh -f "{FOLDER}\s-1.nsh" & del /f /q "{FOLDER}\s-1.nsh"'


def plain(name="worm"):
    """A command that a script carries."""
    return netsh.add_filter_list(name)


def keyed(name="in", key=KEY):
    """A command that holds a pre-shared key."""
    rule = Rule(name, "", "", "", auth_methods=(Kerberos(), PresharedKey(key)))
    return netsh.add_rule(rule, policy="P", filter_list="worm", filter_action="stop")


def travel(*commands, intents=(), **more):
    """The remote commands of a batch."""
    return remote_commands("1", FOLDER, commands, intents, **more)


def script(remote):
    """The lines of a script, comments left out."""
    return [line for line in remote.stdin.decode("ascii").split("\r\n") if line and not line.startswith("#")]


# --- one way each -------------------------------------------------------------------------------------------------


def test_ascii_commands_are_one_script_over_stdin():
    """However many: one remote command, and nothing of them on its line."""
    (remote,) = travel(*(plain(f"list {number}") for number in range(300)))
    assert remote.line == OPENING
    assert script(remote) == [f'ipsec static add filterlist name="list {number}"' for number in range(300)]
    assert remote.stdin.endswith(b"\r\n")


def test_text_outside_ascii_travels_on_argument_lines():
    """Scripts are read in a code page that need not hold it; the opening script comes first, and is empty."""
    opening, line = travel(plain("Größe"), plain("Блок"))
    assert script(opening) == []
    assert line == (
        'netsh ipsec static add filterlist name="Größe" & netsh ipsec static add filterlist name="Блок"',
        None,
    )


def test_a_key_travels_in_a_file_of_its_own():
    """Which goes on the line that runs it, whatever came of it."""
    opening, secret = travel(keyed())
    assert script(opening) == []
    assert secret.line == KEYED
    assert KEY in script(secret)[0]


def test_registry_values_travel_on_argument_lines():
    """They are not netsh's; a script cannot hold them."""
    _, line = travel(netsh.set_rule_name("{g}", "new name"))
    assert line.line.startswith('reg add "HKLM\\SOFTWARE')
    assert '/d "new name"' in line.line


def test_what_comes_after_an_argument_line_waits_for_it():
    """A second script, which is no proof of anything and goes at once."""
    opening, line, later = travel(plain("a"), plain("ä"), plain("b"))
    assert script(opening) == ['ipsec static add filterlist name="a"']
    assert "ä" in line.line
    assert (later.line, script(later)) == (KEYED, ['ipsec static add filterlist name="b"'])


def test_what_a_host_may_take_back_is_written_only_while_it_can():
    """Each line looks for the file itself: the host may have been restarted since the line before."""
    seen = rf'dir /b "{FOLDER}\c-1.armed" >nul 2>nul && '
    opening, line, secret = travel(plain("a"), plain("ä"), keyed(), armed=rf"{FOLDER}\c-1.armed", ending=READ_LINE)
    assert opening.line == f"{seen}{OPENING}"
    assert line.line == f'{seen}(netsh ipsec static add filterlist name="ä")'
    assert secret.line == f"{seen}({KEYED}) & {READ_LINE}"


def test_the_folder_is_made_before_that_is_looked_for():
    """The line that makes it goes on where it is there already, so whatever stands before it decides nothing."""
    opening = travel(plain(), prepare=secure_folder(FOLDER), armed=rf"{FOLDER}\c-1.armed")[0]
    assert opening.line == rf'{secure_folder(FOLDER)} && dir /b "{FOLDER}\c-1.armed" >nul 2>nul && {OPENING}'


def test_reading_back_costs_no_message_of_its_own():
    """It follows on the last line."""
    assert travel(plain(), ending=READ_LINE)[-1].line == f"{OPENING} & {READ_LINE}"
    assert travel(plain("ä"), ending=READ_LINE)[-1].line.endswith(f" & {READ_LINE}")
    assert travel(keyed(), ending=READ_LINE)[-1].line == f"{KEYED} & {READ_LINE}"


def test_preparations_stand_before_everything_else():
    """And the script is not written unless the folder could be closed."""
    (remote,) = travel(plain(), prepare=secure_folder(FOLDER))
    assert remote.line == f"{secure_folder(FOLDER)} && {OPENING}"


def test_what_is_there_before_is_asked_once_the_script_is_written():
    """And neither is asked nor run if it could not be."""
    (remote,) = travel(plain(), before="reg query X")
    name = rf'"{FOLDER}\b-1.nsh"'
    assert remote.line == f'findstr "^" >{name} && (reg query X & netsh -f {name})'


def test_the_folder_is_closed_to_all_but_administrators_and_the_system():
    """By their numbers, for their names are translated; rights from above are cut off."""
    line = secure_folder(FOLDER)
    assert line.startswith(f'mkdir "{FOLDER}" 2>nul & icacls "{FOLDER}" /inheritance:r')
    assert sorted(re.findall(r"\*S[-\d]+", line)) == ["*S-1-5-18", "*S-1-5-32-544"]


def test_the_service_is_started_and_waited_for():
    """`net start` returns when the service runs."""
    assert start_service() == "net start PolicyAgent"
    bare = start_service(bare=True)
    assert bare.endswith('IPSec\\Policy\\Local" /v ActivePolicy /f >nul 2>nul & net start PolicyAgent')


# --- percent signs and long lines ---------------------------------------------------------------------------------


def test_a_percent_sign_stays_alone_on_its_line():
    """Two on one line could make a variable (spec: wine-oracle, percent trap)."""
    remotes = travel(plain("ä"), plain("50% ä"), plain("ö%"), plain("ü"))
    assert [remote.line.count("netsh") for remote in remotes[1:]] == [1, 1, 1, 1]
    assert 'name="50"%" ä"' in remotes[2].line


def test_a_percent_sign_does_not_share_a_line_with_the_reading():
    """Which needs its variables to expand."""
    remotes = travel(plain("50% ä"), ending=READ_LINE)
    assert remotes[-1] == (READ_LINE, None)
    assert travel(plain("50% of ASCII"), ending=READ_LINE)[-1].line == f"{OPENING} & {READ_LINE}"


def test_argument_lines_are_as_long_as_cmd_takes_and_no_longer():
    """Many commands share a line, none is torn."""
    commands = [plain(f"ä{number:03}" + "x" * 90) for number in range(200)]
    remotes = travel(*commands, ending=READ_LINE)
    lines = [remote.line for remote in remotes[1:]]
    assert all(len(line) < CMD_LIMIT - 50 for line in lines)
    assert min(len(line) for line in lines[:-2]) > CMD_LIMIT - 500
    assert [part for line in lines for part in line.split(" & ") if part.startswith("netsh")] == [
        command.argument_line(argument) for command in commands
    ]


def test_the_reading_gets_a_line_of_its_own_where_there_is_no_room():
    """Better one message more than a line that cmd cuts."""
    remotes = travel(plain("ä" + "x" * 7000), ending=READ_LINE)
    assert remotes[-1] == (READ_LINE, None)


def test_characters_beyond_the_first_plane_count_twice():
    """Windows counts UTF-16 units."""
    remotes = travel(*(plain("\U0001f512" * 50 + str(number)) for number in range(200)))
    assert all(len(remote.line.encode("utf-16-le")) // 2 < CMD_LIMIT for remote in remotes)


@pytest.mark.parametrize(
    "command",
    [
        keyed("Größe"),
        netsh.add_rule(
            Rule("in", "", "", "", auth_methods=(RootCa("CN=Größe"), PresharedKey(KEY))),
            policy="P",
            filter_list="worm",
            filter_action="stop",
        ),
        plain("x" * 5000),
        netsh.add_rule(
            Rule("in", "", "", "", auth_methods=tuple(RootCa("CN=" + letter * 900) for letter in "abcdefghi")),
            policy="P",
            filter_list="worm",
            filter_action="stop",
        ),
        plain("ä" * 9000),
        netsh.set_filter_list("worm", name="ä" * 4500, description="x" * 4500),
    ],
)
def test_what_cannot_travel_is_refused_beforehand(command):
    """A key beside foreign text, a text or a line that is too long; without showing any of it."""
    with pytest.raises(UserError) as error:
        require_carriable([plain(), command])
    assert error.value.code.startswith("quoting.")
    assert KEY not in str(error.value)
    assert "Größe" not in str(error.value)


def test_what_can_travel_is_not_refused():
    """All ways."""
    require_carriable([plain(), plain("50% Größe"), keyed(), netsh.set_rule_name("{g}", "Größe")])


# --- files that stay ----------------------------------------------------------------------------------------------


def test_the_script_says_who_wants_what_without_any_key():
    """JSON in comments, ASCII whatever the names are; commands that lie in no file are recorded masked."""
    commands = [plain("worm"), plain("Größe"), keyed()]
    recorded = tuple(map(recorded_line, commands[opening_length(commands) :]))
    (opening, *_) = travel(*commands, intents=[Intent("urn:a", "filter list", "Größe", recorded)])
    text = opening.stdin.decode("ascii")
    assert KEY not in text
    assert "***" in text
    (leftover,) = read_leftovers(text)
    assert leftover.batch == "1"
    assert {recorded_line(item) for item in commands} <= leftover.lines


def test_recorded_lines_are_those_of_the_script():
    """So that either proves the same."""
    (remote,) = travel(plain("a b"), netsh.add_policy(Policy("P")))
    assert script(remote) == [recorded_line(plain("a b")), recorded_line(netsh.add_policy(Policy("P")))]


@pytest.mark.parametrize("other", [plain("ä"), keyed(), netsh.set_rule_name("{g}", "x")], ids=["text", "key", "reg"])
def test_what_comes_after_something_that_lies_in_no_file_has_to_be_recorded_too(other):
    """It travels in a script that goes at once, whatever it is itself."""
    assert opening_length([plain(), plain()]) == 2
    assert opening_length([plain(), other, plain()]) == 1
    assert opening_length([other, plain()]) == 0


def test_files_are_removed_by_name():
    """Those of the batches, and scripts with keys that a dead run left; never by a pattern."""
    (line,) = remove_files(FOLDER, ["1", "2"], ["3"])
    assert [name for name in ("b-1", "b-2", "s-3") if f'"{FOLDER}\\{name}.nsh"' in line] == ["b-1", "b-2", "s-3"]
    assert "*" not in line
    assert remove_files(FOLDER, []) == []


def test_an_empty_file_is_removed_only_if_it_still_is():
    """Somebody may just be writing it."""
    name = rf'"{FOLDER}\b-4.nsh"'
    assert remove_files(FOLDER, [], [], ["4"]) == [f'findstr "^" {name} >nul 2>nul || del /f /q {name} 2>nul']


def test_many_files_are_removed_in_lines_that_cmd_takes():
    """A run of a thousand batches tidies up as well."""
    lines = remove_files(FOLDER, [f"{number:012x}" for number in range(1000)])
    assert all(len(line) < CMD_LIMIT for line in lines)
    assert sum(line.count("b-") for line in lines) == 1000


# --- any mixture --------------------------------------------------------------------------------------------------

names = st.text(st.sampled_from("ab% &<>^|()'!ä€"), min_size=1, max_size=8)
mixtures = st.lists(
    names.map(plain)
    | names.map(lambda name: netsh.set_rule_name("{g}", name))
    | st.text("ab%&", min_size=1, max_size=5).map(keyed),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(mixtures, st.booleans())
def test_any_mixture_keeps_its_order_its_keys_and_its_characters(commands, ends):
    """What runs is what was given, in order; stdin is ASCII; no line holds a key, a line end, or too much."""
    remotes = travel(*commands, ending=READ_LINE if ends else "")
    ran = []
    for index, remote in enumerate(remotes):
        line = remote.line.removesuffix(READ_LINE).removesuffix(" & ")
        assert KEY not in line
        assert "\n" not in line
        assert "\r" not in line
        assert len(remote.line.encode("utf-16-le")) // 2 < CMD_LIMIT
        if remote.stdin is not None:
            assert line == (KEYED if index else OPENING)
            ran += script(remote)
        elif line:
            ran += [line]
            users = [item for item in commands if isinstance(item, netsh.RegCommand) or not item.secret]
            if any("%" in item.argument_line(argument) and item.argument_line(argument) in line for item in users):
                assert line in {item.argument_line(argument) for item in users}
                assert remote.line == line
    whole = " & ".join(ran)
    expected = [
        item.script_line('"{}"'.format)
        if isinstance(item, netsh.Command) and (item.secret or item.is_ascii)
        else item.argument_line(argument)
        for item in commands
    ]
    assert whole == " & ".join(expected)
