"""Reading a host: one answer, taken apart by markers of our own (design 3; spec: winrm 4.7, ipsec-policy 4, 8.3)."""

from ipaddress import ip_address

import pytest
from snapshot_text import (
    FOLDER,
    INTERFACES,
    IPSEC,
    LISTENERS,
    LOCAL,
    POLICY,
    SERVICES,
    active,
    answer,
    key,
    names,
    policy,
    service,
)
from winipsec.errors import HostError
from winipsec.host.leftovers import Intent, header
from winipsec.host.machine import Service
from winipsec.host.snapshot import READ_LINE, reached, read_snapshot
from winipsec.model.store import Store


def read(**parts):
    """The snapshot of an answer."""
    return read_snapshot("web1", answer(**parts), client_address="192.0.2.10", taken=5.0)


def machine(**parts):
    """The machine of an answer."""
    return read(**parts).machine


def test_the_command_changes_nothing_and_is_short_enough():
    """It follows other commands on one line; only readers, and only `2>nul` as redirection."""
    assert len(READ_LINE) < 3000
    assert ">" not in READ_LINE.replace("2>nul", "")
    programs = {part.split()[0] for part in READ_LINE.split("&")}
    assert programs == {"echo", "echo.", "reg", "sc", "hostname", "type", "dir"}
    assert all(part.split()[1] == "query" for part in READ_LINE.split("&") if part.split()[0] in {"reg", "sc"})


def test_the_store_is_read_with_its_active_policy():
    """By GUID, as Windows keeps them."""
    store = read(store=active() + policy()).store
    assert store.policies[POLICY].name == "Lockdown"
    assert store.active == POLICY


def test_a_host_without_a_store_has_an_empty_one():
    """`reg` prints nothing for a key that is not there."""
    assert read().store == Store()


def test_the_answer_says_who_and_where():
    """The host as named, our address as it sees it, and the folder of batch files."""
    snapshot = read()
    assert (snapshot.host, snapshot.client_address, snapshot.taken) == ("web1", "192.0.2.10", 5.0)
    assert snapshot.folder == FOLDER
    assert snapshot.machine.name == "WEB1"


@pytest.mark.parametrize("part", names())
def test_an_answer_that_is_cut_is_no_answer(part):
    """Nothing is concluded from half a reading: an empty store would delete everything."""
    whole = answer(store=active() + policy())
    with pytest.raises(HostError) as error:
        read_snapshot("web1", whole[: whole.index(f"#winipsec:{part}")], client_address="", taken=0.0)
    assert error.value.code == "read.cut"
    assert repr(part) in str(error.value)


def test_registry_text_that_cannot_be_read_is_an_error():
    """A value without a type, say."""
    with pytest.raises(HostError) as error:
        read(store=f"\r\n{LOCAL}\r\n    ActivePolicy\r\n")
    assert error.value.code == "read.text"


def test_a_store_that_may_not_be_read_is_not_empty():
    """Its keys are listed, and hold nothing for this account (spec: winrm 4.7)."""
    with pytest.raises(HostError) as error:
        read(listing=f"\r\n{LOCAL}\\ipsecPolicy{POLICY}\r\n".upper())
    assert error.value.code == "read.denied"
    assert read(listing=f"\r\n{LOCAL}\r\n").store == Store()


def test_what_tools_printed_before_is_kept_for_messages():
    """And is not mistaken for a part; it does not show in a representation."""
    snapshot = read(before="ERR IPsec[05073] : kaputt\r\n", store=policy())
    assert snapshot.before == "ERR IPsec[05073] : kaputt\r\n"
    assert "kaputt" not in repr(snapshot)
    assert snapshot.store.policies


def test_what_a_dead_run_left_is_read():
    """As `type` prints the files."""
    text = "\r\n".join([*header("b1", [Intent("urn:a", "policy", "P")]), "ipsec static add policy", ""])
    (leftover,) = read(leftovers=text).leftovers
    assert leftover.intent("urn:a", "policy")
    assert leftover.lines == {"ipsec static add policy"}


# --- the machine --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (service(4, "RUNNING"), Service.RUNNING),
        (service(1, "STOPPED"), Service.STOPPED),
        (service(3, "STOP_PENDING"), Service.STOPPING),
        (service(2, "START_PENDING"), Service.STARTING),
        (service(4, "RUNNING", label="STATUS"), Service.RUNNING),
        (service(4, "RUNNING", label="ÉTAT"), Service.RUNNING),
        (service(1, "STOPPED", label="СОСТОЯНИЕ"), Service.STOPPED),
        ("[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\r\n", Service.STOPPED),
        ("", Service.STOPPED),
    ],
)
def test_the_state_of_the_service_is_read_by_its_number(text, state):
    """Words are translated (spec: winrm 4.7)."""
    assert machine(service=text).service is state


def test_a_disabled_service_is_told_from_a_stopped_one():
    """By the start type in the registry; one that still runs, runs."""
    start = key(rf"{SERVICES}\PolicyAgent", Start=("REG_DWORD", "0x4"))
    assert machine(agent=start, service=service(1, "STOPPED")).service is Service.DISABLED
    assert machine(agent=start).service is Service.RUNNING
    start = key(rf"{SERVICES}\PolicyAgent", Start=("REG_DWORD", "0x2"))
    assert machine(agent=start, service=service(1, "STOPPED")).service is Service.STOPPED


def test_the_identity_of_the_machine_is_its_guid():
    """In lower case, whatever the registry has."""
    path = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Cryptography"
    assert machine(machine=key(path, MachineGuid=("REG_SZ", "5F1D8A30-AAAA"))).guid == "5f1d8a30-aaaa"
    assert machine().guid == ""


@pytest.mark.parametrize(("build", "current"), [("2600", False), ("3790", False), ("6000", True), ("20348", True)])
def test_the_generation_is_told_by_the_build(build, current):
    """Vista and later filter otherwise than what was before."""
    path = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
    found = machine(version=key(path, CurrentBuild=("REG_SZ", build)))
    assert (found.build, found.is_current) == (int(build), current)


def test_an_unknown_build_counts_as_current():
    """Most machines are."""
    assert machine().is_current
    assert machine().build == 0


@pytest.mark.parametrize("number", range(4))
def test_the_exemptions_are_read(number):
    """Absent is not the same as 0 (spec: ipsec-policy 8.3)."""
    path = rf"{SERVICES}\IPSEC"
    assert machine(exempt=key(path, NoDefaultExempt=("REG_DWORD", f"{number:#x}"))).no_default_exempt == number
    assert machine().no_default_exempt is None


def test_a_domain_policy_is_seen():
    """It overrides what is local (design 2.2, item 6)."""
    path = rf"{IPSEC}\GPTIPSECPolicy"
    value = "LDAP://CN=ipsecPolicy{72385230-70FA-11D1-864C-14A300000000},CN=IP Security,DC=corp"
    assert machine(store=key(path, DSIPSECPolicyPath=("REG_SZ", value))).domain_policy == value
    assert machine().domain_policy == ""


def test_addresses_and_servers_are_gathered_from_all_interfaces():
    """Lists and texts of several words; each once, and no empty ones."""
    text = key(
        rf"{INTERFACES}\{{1}}",
        IPAddress=("REG_MULTI_SZ", r"10.0.0.5\010.0.0.6"),
        NameServer=("REG_SZ", "10.0.0.1,10.0.0.2"),
        DefaultGateway=("REG_MULTI_SZ", "10.0.0.254"),
    ) + key(
        rf"{INTERFACES}\{{2}}",
        IPAddress=("REG_MULTI_SZ", "0.0.0.0"),
        DhcpIPAddress=("REG_SZ", "10.0.0.5"),
        DhcpNameServer=("REG_SZ", "10.0.0.2 10.0.0.3"),
        DhcpServer=("REG_SZ", "10.0.0.9"),
        DhcpDefaultGateway=("REG_MULTI_SZ", "nonsense"),
        NameServer=("REG_SZ", ""),
    )
    found = machine(interfaces=text)
    assert found.addresses == (ip_address("10.0.0.5"), ip_address("10.0.0.6"))
    assert set(found.dns_servers) == {ip_address(f"10.0.0.{number}") for number in (1, 2, 3)}
    assert found.dhcp_servers == (ip_address("10.0.0.9"),)
    assert found.gateways == (ip_address("10.0.0.254"),)


def test_listeners_of_winrm_are_read():
    """Their ports by transport, whatever address they are bound to."""
    text = key(rf"{LISTENERS}\*+HTTP", Port=("REG_DWORD", "0x1761")) + key(
        rf"{LISTENERS}\10.0.0.5+HTTPS", Port=("REG_DWORD", "0x1762")
    )
    assert machine(listeners=text).listeners == {"http": 5985, "https": 5986}
    assert machine().listeners == {}


# --- what a batch was about to change -----------------------------------------------------------------------------

BEFORE = f"the service runs.\r\n#winipsec:held\r\n\r\n{LOCAL}\\ipsecPolicy{POLICY.upper()}\r\n{LOCAL}\\Other\r\n"


def test_what_was_there_just_before_a_batch_is_known():
    """By GUID; what tools say before and after the list is kept for messages."""
    snapshot = read(before=f"{BEFORE}#winipsec:said\r\nERR IPsec[1] : kaputt\r\n")
    assert snapshot.held == {POLICY}
    assert snapshot.before == "the service runs.\r\nERR IPsec[1] : kaputt\r\n"


def test_a_mere_reading_knows_nothing_of_a_batch():
    """None is not the same as nothing."""
    assert read().held is None
    assert read(before="#winipsec:held\r\n#winipsec:said\r\n").held == frozenset()


def test_whether_a_batch_began_is_told_by_its_mark():
    """Printed once the script is on the disk."""
    assert reached(BEFORE)
    assert not reached("The system cannot find the path specified.\r\n" + answer())


def test_files_without_a_line_are_seen_as_well():
    """A run that died before it wrote its first line leaves an empty file."""
    assert read(files="b-1.nsh\r\ns-2.nsh\r\n\r\n").files == {"b-1.nsh", "s-2.nsh"}
    assert read().files == frozenset()
