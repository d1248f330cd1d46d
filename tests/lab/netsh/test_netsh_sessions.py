"""Scripts, standard input, contexts, stores and batches (spec: winrm 4.4, 4.6, ipsec-policy 1.7)."""

from __future__ import annotations

import pytest
from netsh_desk import ERROR, Desk
from winipsec_lab.store.registry_store import LOCAL, PERSISTENT

SCRIPT = """# a comment
pushd ipsec static

add policy name="from script"
 # another
add filteraction name=b action=block
popd
ipsec static add filterlist name=l
ipsec
static
add filterlist name=m
..
dynamic add mmpolicy name=mm
ipsec static add filterlist name=n
exit
add filterlist name=never
"""


def test_a_script_moves_between_contexts(desk):
    """pushd, popd, context lines, `..`, comments, fully written lines, and exit."""
    assert desk.script(SCRIPT) == (0, "", "")
    assert {entry.name for entry in desk.store.entries() if entry.name} == {"from script", "b", "l", "m", "n"}


def test_exec_runs_a_script(desk):
    """`netsh exec FILE`, and `exec FILE` inside a script."""
    desk.machine.files.write(r"C:\inner.nsh", b"ipsec static add filterlist name=inner\n")
    desk.machine.files.write(r"C:\outer.nsh", b"exec inner.nsh\nipsec static add filterlist name=outer\n")
    assert desk.netsh(r"exec C:\outer.nsh").code == 0
    assert {entry.name for entry in desk.store.entries()} == {"inner", "outer"}


def test_scripts_that_call_themselves_come_to_an_end(desk):
    """A script that runs itself fails instead of running for ever."""
    desk.machine.files.write(r"C:\loop.nsh", b"exec loop.nsh\n")
    assert desk.netsh(r"-f C:\loop.nsh").code == 1


def test_a_script_goes_on_after_failures_and_tells(desk):
    """All lines are carried out; the exit code is 1 when any failed."""
    answer = desk.script("ipsec static\nadd policy name=p\nadd policy name=p\nfrobnicate\nadd policy name=q\n")
    assert answer.code == 1
    assert len(ERROR.findall(answer.out)) == 1
    assert {entry.name for entry in desk.store.entries("ipsecPolicy")} == {"p", "q"}


@pytest.mark.parametrize(
    ("locale", "page", "name"),
    [
        ("de-DE", "cp1252", "Büro"),
        ("ru-RU", "cp1251", "Офис"),
        ("ja-JP", "cp932", "事務所"),
        ("zh-CN", "cp936", "办公室"),
    ],
)
def test_scripts_are_read_in_the_ansi_code_page(locale, page, name):
    """A name that fits the machine's page arrives, the same bytes elsewhere are another name."""
    line = f'ipsec static add filterlist name="{name}"\n'
    desk, other = Desk(locale=locale), Desk(locale="en-US")
    assert desk.script(line, page).code == 0
    assert desk.list(name).name == name
    other.script(line, "utf-8")
    assert other.store.entries()[0].name != name


def test_missing_scripts_and_strange_options_fail(desk):
    """No file, no value behind an option, an alias file, another machine."""
    for tail in (r"-f C:\none.nsh", "-f", "-a x.txt", "-r other ipsec static show all", "-c nowhere ipsec dump"):
        assert desk.netsh(tail).code == 1, tail
    assert desk.netsh("-r WEB1 ipsec static show store").code == 0


def test_a_context_can_be_given_as_an_option(desk):
    """`-c "ipsec static"` puts the command into that context."""
    assert desk.netsh('-c "ipsec static" add filterlist name=l') == (0, "", "")
    assert desk.list().name == "l"


def test_standard_input_prints_a_prompt_per_line(desk):
    """Lines come from a pipe; the prompt shows the context; failures count."""
    answer = desk.netsh("", b"ipsec static\nadd filterlist name=l\nadd filterlist name=l\nbye\n")
    assert answer.code == 1
    assert answer.out.startswith("netsh>netsh ipsec static>netsh ipsec static>ERR IPsec[")
    assert desk.list().name == "l"
    assert desk.netsh("", b"ipsec static show store\n").code == 0


def test_standard_input_ends_with_its_end(desk):
    """Without quit the end of input ends the program."""
    assert desk.netsh("", b"").out == "netsh>\r\n"


def test_a_command_line_that_names_only_a_context_shows_its_commands(desk):
    """`netsh ipsec static` lists what there is and does nothing."""
    answer = desk.netsh("ipsec static")
    assert answer.code == 0
    assert "add filteraction" in answer.out


def test_unknown_words_after_pushd(desk):
    """Pushd into nowhere is an unknown command, once."""
    answer = desk.script("pushd nowhere\n")
    assert answer == (1, "The following command was not found: nowhere.\r\n", "")


def test_set_store_lasts_as_long_as_the_process():
    """On Windows Server 2003 the persistent store is another key; a new process starts with the local one."""
    desk = Desk(generation="2003")
    script = "pushd ipsec static\nset store location=persistent\nadd filterlist name=l\nshow store\n"
    answer = desk.script(script)
    assert answer.code == 0
    assert "persistent" in answer.out
    assert desk.machine.registry.subkeys(LOCAL) == []
    (key,) = desk.machine.registry.subkeys(PERSISTENT)
    assert key.startswith("ipsecFilter{")
    assert "local" in desk.static("show store").out


@pytest.mark.parametrize("line", ["set store location=domain", "set store location=persistent", "set store local x"])
def test_stores_that_are_not_there(desk, line):
    """No domain, no persistent store on current systems, no domain name with the local store."""
    desk.refused(line)


def test_a_batch_is_applied_together(desk):
    """Until batch mode ends nobody else sees a change; then all of them."""
    before = desk.content()
    versions = []
    desk.machine.registry.on_change.append(versions.append)
    script = "pushd ipsec static\nset batch mode=enable\nadd policy name=p\nadd filterlist name=l\nshow policy all\n"
    answer = desk.netsh("", script.encode())
    assert answer.code == 0
    assert "Policy Name" in answer.out, "the session itself sees its changes"
    assert desk.content() != before
    desk.script("pushd ipsec static\nset batch enable\ndelete all\nset batch disable\nadd filterlist name=x\n")
    assert [entry.name for entry in desk.store.entries()] == ["x"]


@pytest.mark.parametrize("lines", ["set batch disable", "set batch enable\nset batch enable"])
def test_batches_do_not_nest(desk, lines):
    """Ending what was not begun, and beginning twice, fail."""
    assert desk.script(f"pushd ipsec static\n{lines}\n").code == 1


# ---------------------------------------------------------------------- files


def test_export_and_import_carry_everything_but_the_assignment(full):
    """An exported store comes back object for object on another machine."""
    full.ok("set policy name=p assign=y", "exportpolicy file = ./x.ipsec")
    other = Desk()
    other.machine.files.write(r"C:\x.ipsec", full.machine.files.read(r"C:\x.ipsec"))
    other.ok("importpolicy x.ipsec")
    assert other.store.entries() == full.store.entries()
    assert other.store.active == ""


def test_the_exported_file_is_opaque(full):
    """No name and no key can be read in it."""
    full.ok("add rule name=s policy=p filterlist=l filteraction=a psk=hush-hush", "exportpolicy x")
    data = full.machine.files.read(r"C:\x.ipsec")
    assert b"hush" not in data
    assert "hush-hush".encode("utf-16-le") not in data


@pytest.mark.parametrize("data", [b"", b"ipsec", b"WINIPSEC-LAB POLICY EXPORT 1\r\n\x1anonsense"])
def test_foreign_files_are_refused(full, data):
    """What this program did not write it does not read."""
    full.machine.files.write(r"C:\x.ipsec", data)
    full.refused("importpolicy x.ipsec")


def test_files_that_cannot_be_used(full):
    """No such file, no such folder."""
    full.refused("importpolicy nothing.ipsec")
    full.refused(r"exportpolicy C:\no\such\folder\x.ipsec")


def test_a_dump_makes_the_same_store_again(full):
    """The printed script, run on another machine, gives the same objects under other GUIDs."""
    full.guess(dump_psk="shown").ok(
        "set policy name=p assign=y description=d pollinginterval=7 mmlifetime=9",
        'add filter l 10.0.0.0 me "a b" tcp no 8',
        "add filter l 2001:db8:: any srcmask=32",
        "add filter l 10.0.0.3-10.0.0.7 me",
        "set filteraction a soft=y inpass=y qmpfs=y qmsec=AH[SHA1]+ESP[3DES,None]:300s",
        'add rule s p l a 198.51.100.1 lan no "text" psk="a key" rootca="CN=A certmap:y"',
    )
    other = Desk().guess(dump_psk="shown")
    assert other.script(full.netsh("ipsec dump").out.replace("\r\n", "\n")).code == 0
    dumps = [sorted(each.netsh("ipsec dump").out.splitlines()) for each in (other, full)]
    assert dumps[0] == dumps[1], "the order follows the GUIDs"


def test_a_dump_hides_keys(full):
    """Pre-shared keys are not printed unless the guess says so."""
    full.ok("add rule name=s policy=p filterlist=l filteraction=a psk=hush-hush")
    assert "hush" not in full.netsh("ipsec dump").out
    assert "hush" not in full.static("show all").out + full.static("show rule all p level=verbose").out


def test_the_examples_of_windows_2003():
    """Three policies with the GUIDs of Active Directory; restoring them twice changes nothing."""
    desk = Desk(generation="2003")
    desk.ok("restorepolicyexamples release=win2003")
    assert {entry.name for entry in desk.store.entries("ipsecPolicy")} == {
        "Server (Request Security)",
        "Client (Respond Only)",
        "Secure Server (Require Security)",
    }
    assert len(desk.list("All IP Traffic").owners) == 2
    assert len(desk.list("All IP Traffic").data) == 95
    assert len(desk.action("Request Security (Optional)").data) == 425
    first = desk.content()
    desk.ok("restorepolicyexamples release=win2k")
    assert set(desk.content()) == set(first)
    desk.refused("restorepolicyexamples release=win95")
    Desk().refused("restorepolicyexamples release=win2003")


# ---------------------------------------------------------------------- the service


@pytest.mark.parametrize(
    "tail",
    ["static add policy name=x", "static show all", "static set store local", "dump", "dynamic show all"],
)
def test_nothing_works_while_the_agent_is_stopped(full, tail):
    """Every command answers with the one known number, and the store stays as it is."""
    full.machine.services.stop("PolicyAgent")
    before = full.content()
    answer = full.netsh(f"ipsec {tail}")
    assert answer.code == 1
    assert answer.out.startswith("ERR IPsec[05073] : ")
    assert full.content() == before
    full.machine.services.start("PolicyAgent")
    assert full.netsh(f"ipsec {tail}").code == 0
