"""How netsh reads its words (spec: ipsec-policy 1.2, winrm 4.4)."""

from __future__ import annotations

import re

import pytest
from netsh_desk import Desk, vectors
from winipsec_lab.netsh.errors import IPSEC_NUMBERS
from winipsec_lab.netsh.words import close_up, split_line

WEB = "srcaddr=any dstaddr=me protocol=tcp dstport=80"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('name="a b"  x ', ["name=a b", "x"]),
        ('"name=a b" ""', ["name=a b", ""]),
        ('name="a b', ["name=a b"]),
        ("\tone\ttwo\r\n", ["one", "two"]),
        ('a"b c"d', ["ab cd"]),
        ("", []),
    ],
)
def test_quotes_group_and_vanish(line, words):
    """Double quotes hold words together wherever they stand; an open one reaches to the end."""
    assert split_line(line) == words


@pytest.mark.parametrize(
    ("words", "closed"),
    [
        (["name", "=", "X"], ["name=X"]),
        (["name=", "X"], ["name=X"]),
        (["name", "=X"], ["name=X"]),
        (["name", "=", "a b", "assign", "=", "y"], ["name=a b", "assign=y"]),
        (["description=", "assign=y"], ["description=", "assign=y"]),
        (["description", "=", "assign", "=", "y"], ["description=", "assign=y"]),
        (["description=", "a=b"], ["description=a=b"]),
        (["name=X", "="], ["name=X", "="]),
    ],
)
def test_blanks_around_the_sign_are_closed_up(words, closed):
    """`name = X` is `name=X`, but an empty value does not swallow the next argument."""
    tags = ("name", "assign", "description")
    assert close_up(words, lambda word: word in tags) == closed


@pytest.mark.parametrize(
    "line",
    [
        'add policy name="New One" assign=no',
        'add policy "New One"',
        'add policy name = "New One" assign = n',
        'ADD Policy NAME="New One" Assign=NO',
        'a po n="New One" as=no',
        'add   policy  name="New One"   ',
        'add policy "name=New One"',
    ],
)
def test_every_way_to_write_one_command_makes_the_same_policy(desk, line):
    """Tags in any case, shortened, by position, with blanks, with quotes: all the same."""
    desk.ok(line)
    assert desk.policy("New One").name == "New One"


def test_positions_follow_the_syntax_line(desk):
    """Bare values fill the arguments in the documented order."""
    desk.ok("add filter l any me web tcp no")
    (each,) = desk.filters()
    assert (each.text(), each.description) == ("any -> me protocol 6", "web")


def test_positional_words_and_the_word_all(full):
    """`del rule all NAME`: the word all fills the first place, the next word the policy."""
    full.ok("Del rule all p ")
    assert full.policy().rules == (full.store.reference(full.default()),)


@pytest.mark.parametrize(
    "line",
    [
        "add policy",
        "add policy name=",
        "add policy name=q name=r",
        "add policy name=q colour=red",
        "add policy name=q assign=maybe",
        "add policy name=q mmlifetime=-1",
        "add policy name=q mmlifetime=8h",
        "add policy name=q qmpermm=4294967296",
        "add policy name=q pollinginterval=71582789",
        "add policy name=all",
        "add policy q a b c d e f g h i j",
        "set policy newname=x",
        "set rule name=r",
        "add filter filterlist=l srcaddr=any",
        "add filter filterlist=l src=any dstaddr=me",
        "add rule name=x policy=p filter=l filteraction=b",
        "delete policy",
        "delete rule name=r",
        "set batch",
        "set store",
        "set store location=moon",
        "exportpolicy",
        "importpolicy",
        "show rule all",
    ],
)
def test_bad_arguments_are_refused_and_change_nothing(full, line):
    """Missing, repeated, unknown, ambiguous and impossible arguments leave the store as it was."""
    assert full.refused(line) in IPSEC_NUMBERS.values()


@pytest.mark.parametrize("line", ["frobnicate", "add", "add nothing name=x", "show", "set", "delete"])
def test_what_is_no_command_fails(desk, line):
    """A verb without its object and words nobody knows end with exit code 1."""
    answer = desk.static(line)
    assert answer.code == 1
    assert answer.err == ""


def test_an_unknown_command_says_so(desk):
    """The text of netsh names the words."""
    assert desk.netsh("ipsec frobnicate now") == (
        1,
        "The following command was not found: ipsec frobnicate now.\r\n",
        "",
    )
    assert desk.netsh("frobnicate").out == "The following command was not found: frobnicate.\r\n"


def test_an_exact_word_beats_a_beginning(desk):
    """`add filter` means filters although filterlist and filteraction begin alike."""
    desk.ok(f"add filter filterlist=l {WEB}")
    assert len(desk.filters()) == 1
    assert desk.static("add filt name=x").code == 1


@pytest.mark.parametrize("question", ["?", "/?"])
@pytest.mark.parametrize(
    "line",
    ["", "ipsec ", "ipsec static ", "ipsec static add ", "ipsec static add policy ", "ipsec static exportpolicy "],
)
def test_help_is_printed_and_nothing_done(full, line, question):
    """A question mark after any verb prints help and leaves the store alone."""
    before = full.content()
    answer = full.netsh(line + question)
    assert answer.code == 0
    assert answer.out.strip()
    assert full.content() == before


def test_help_names_every_argument(desk):
    """The usage line of a command lists all arguments of the table in 1.4."""
    text = desk.static("set rule ?").out
    tags = "name id policy newname description filterlist filteraction tunnel conntype activate kerberos psk rootca"
    assert re.findall(r"([a-z]+)=", text) == tags.split()


PUBLISHED = [item for item in vectors("legacy-commands.json") if item["tool"] == "netsh"]
#: Lines that need something the author made elsewhere.
NEEDS = {
    "netsh-05": ["add policy IIS_Server_Policy", "add filterlist Internal_Traffic", "add filteraction AH_Only"],
    "netsh-06": ["add policy IIS_Server_Policy", "add filterlist HTTP_Traffic", "add filteraction Allow action=permit"],
    "netsh-16": ["add policy 默认策略名称"],
    "netsh-25": ["add policy ipsec_base_config"],
    "netsh-44": ["add policy SECCPP"],
    "netsh-46": ["add filter SpyLogBlock 192.168.192.100 Me"],
    "netsh-49": ["add policy x", "exportpolicy ipsec1.ipsec"],
    "netsh-52": ["add policy VelociraptorQuarantine"],
}
#: netsh-09 needs a dynamic main-mode policy; netsh-54 does not follow the published grammar.
BEFORE = {"netsh-09": "ipsec dynamic add mmpolicy name=TempMMpolicy"}
REFUSED = {"netsh-54"}


@pytest.mark.parametrize("item", PUBLISHED, ids=lambda item: item["id"])
def test_published_lines_are_accepted(item):
    """Lines of real scripts work; the one that contradicts the grammar of its own page does not."""
    desk = Desk().ok(*NEEDS.get(item["id"], []))
    if item["id"] in BEFORE:
        assert desk.netsh(BEFORE[item["id"]]).code == 0
    line = item["line"].split("&&")[0].split("|")[0]
    answer = desk.netsh(re.sub(r"^netsh(\.exe)? ", "", line, flags=re.IGNORECASE))
    assert (answer.code == 1) == (item["id"] in REFUSED), answer
    assert (answer.out == "") == (item["id"] not in REFUSED | {"netsh-44"})


def test_published_lines_mean_what_their_authors_meant(desk):
    """The stored values behind some of the stranger lines."""
    lines = {item["id"]: item["line"].partition(" static ")[2] for item in PUBLISHED}
    desk.ok(*(lines[name] for name in ("netsh-04", "netsh-14", "netsh-28", "netsh-31", "netsh-36")))
    assert [each.text() for each in desk.offers("AH_Only")] == [
        "AH[MD5]:100000k/1000s",
        "AH[SHA1]:100000k/1000s",
    ]
    assert all(each.pfs for each in desk.offers("AH_Only"))
    (each,) = desk.filters("访问列表2")
    assert (each.source.text(), each.destination.text()) == ("203.86.31.0/255.255.255.0", "60.190.145.9")
    assert each.description == "部门2访问"
    (each,) = desk.filters("permitlist")
    assert each.text() == "2.3.4.5 -> me mirrored"
    (each,) = desk.filters("drop_port")
    assert each.text() == "me -> any protocol 17"
    assert desk.main_mode("AD Trusts").lifetime_seconds == 600


def test_argv_form_keeps_blanks_in_one_argument(desk):
    """A caller that quotes whole arguments says the same as one that quotes values."""
    tail = 'ipsec static add filter "filterlist=Velociraptor PermitFilterList" srcaddr=me dstaddr=any "description=D H"'
    assert desk.netsh(tail) == (0, "", "")
    assert desk.filters("Velociraptor PermitFilterList")[0].description == "D H"


CHAINED = [item for item in PUBLISHED if "&&" in item["line"] or "|" in item["line"]]


@pytest.mark.parametrize("item", CHAINED, ids=lambda item: item["id"])
def test_published_lines_with_more_commands_work_at_the_console(item):
    """Typed into cmd, exit code 0 of netsh lets the line go on: what it echoes appears, and no error."""
    desk = Desk().ok(*NEEDS.get(item["id"], []))
    _, out, _ = desk.machine.console(item["line"])
    echoed = re.findall(r"&& echo (\S+)", item["line"])
    assert all(text in out for text in echoed)
    assert "ERR IPsec[" not in out


def test_a_script_that_looks_for_a_missing_policy_does_not_find_it(desk):
    """`show policy name=X | findstr X` fails when there is no X."""
    item = next(item for item in PUBLISHED if item["id"] == "netsh-44")
    assert desk.machine.console(item["line"])[0] == 1
    assert desk.ok("add policy SECCPP").machine.console(item["line"])[0] == 0
