"""The machine as a whole: birth, languages, clock, guesses, reboot, persistence."""

from __future__ import annotations

import json
import re
import threading
import time

import pytest
from winipsec_lab.machine import languages
from winipsec_lab.machine.clock import Clock
from winipsec_lab.machine.guesses import GUESSES
from winipsec_lab.machine.languages import LANGUAGES
from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.process import codec
from winipsec_lab.machine.registry import RegistryValue

NT = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
IPSEC = r"HKLM\SYSTEM\CurrentControlSet\Services\IPSEC"


def test_a_fresh_host_has_what_clients_look_for(machine):
    """Identity, version, names, addresses; `NoDefaultExempt` does not exist."""
    get = machine.registry.get
    assert get(r"HKLM\SOFTWARE\Microsoft\Cryptography", "MachineGuid").data == machine.machine_guid
    assert get(NT, "CurrentBuild").data == "20348"
    assert get(NT, "InstallationType").data == "Server"
    assert get(r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters", "Hostname").data == "web1"
    assert machine.registry.has_key(IPSEC)
    assert get(IPSEC, "NoDefaultExempt") is None
    assert machine.services.running("PolicyAgent")
    assert machine.registry.has_key(r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local")
    for folder in (r"C:\ProgramData", r"C:\Windows\Temp", r"C:\Users\Administrator\AppData\Local\Temp"):
        assert machine.files.is_folder(folder)


def test_every_machine_has_an_identity_of_its_own():
    """Two hosts never share a GUID."""
    assert Machine("a").machine_guid != Machine("b").machine_guid
    assert Machine("a", machine_guid="x").machine_guid == "x"


def test_the_old_generation_lacks_newer_programs():
    """Windows Server 2003 has neither icacls nor where."""
    old = Machine("old", generation="2003")
    assert old.console("icacls x")[0] == 1
    assert "is not recognized" in old.console("where x")[2]
    assert old.registry.get(NT, "CurrentVersion").data == "5.2"
    assert "5.2.3790" in old.console("ver")[1]


def test_the_old_agent_has_its_old_name_and_starts_by_itself():
    """`IPSEC Services`, automatic, and no filtering engine beside it (ipsec-policy 8.6)."""
    old = Machine("old", generation="2003")
    assert "The IPSEC Services service was stopped successfully." in old.console("net stop PolicyAgent")[1]
    assert "START_TYPE         : 2   AUTO_START" in old.console("sc qc PolicyAgent")[1]
    assert old.console("sc query BFE")[0] == 1060
    old.reboot()
    assert old.services.running("PolicyAgent")


@pytest.mark.parametrize("wrong", [{"locale": "fr-FR"}, {"generation": "95"}])
def test_unknown_kinds_of_host_are_refused(wrong):
    """With a message that names the value."""
    with pytest.raises(ValueError, match="no such"):
        Machine("x", **wrong)


def test_network_settings_live_in_the_registry(machine):
    """All of them, read back from there."""
    machine.network.configure(
        ("10.77.0.5", "10.77.0.6", "2001:db8::5"),
        prefix=16,
        gateway="10.77.255.1",
        dns_servers=("10.77.0.53", "10.77.0.54"),
        dhcp_server="10.77.0.67",
        wins_servers=("10.77.0.42",),
    )
    assert machine.addresses == ("10.77.0.5", "10.77.0.6", "2001:db8::5")
    assert machine.gateway == "10.77.255.1"
    assert machine.dns_servers == ("10.77.0.53", "10.77.0.54")
    assert machine.dhcp_server == "10.77.0.67"
    assert machine.wins_servers == ("10.77.0.42",)
    assert machine.network.mask == "255.255.0.0"
    machine.network.configure(("10.77.0.5",))
    assert (machine.dhcp_server, machine.gateway, machine.wins_servers) == ("", "", ())


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_text_exists_in_every_language_with_the_same_inserts(locale):
    """No language lacks a message or an insert."""
    languages.text(locale, "reg.success")
    for key, versions in languages._TEXTS.items():
        assert len(versions) in (1, len(LANGUAGES)), key
        inserts = [set(re.findall(r"%\d", version)) for version in versions]
        assert all(found == inserts[0] for found in inserts), key


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_text_can_be_written_in_the_code_page_of_its_language(locale):
    """Nothing of a host's own language turns into question marks."""
    language = languages.LANGUAGE[locale]
    languages.text(locale, "reg.success")
    for key, versions in languages._TEXTS.items():
        text = versions[LANGUAGES.index(locale)] if len(versions) > 1 else versions[0]
        assert "?" not in text.replace("?", "").encode(codec(language.oem), "replace").decode(codec(language.oem)), key


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("reg query HKLM\\No", 1),
        ("reg add HKLM\\SOFTWARE\\N /f", 0),
        ("sc query nosuch", 1060),
        ("sc stop RemoteRegistry", 1062),
        ("net start PolicyAgent", 2),
        ("net stop nosuch", 2),
        ("nosuch", 1),
        ("type nofile", 1),
        ("del nofile", 0),
        ("findstr x nofile", 1),
        ("findstr", 2),
        ("where nosuch", 1),
        ("timeout 1", 1),
        ("taskkill /im nosuch", 128),
        ("ping -n 1 127.0.0.1", 0),
        ("icacls nofile", 2),
        ("certutil -decode a b", -2147024894),
        ("& x", 255),
        ("chcp", 0),
        ("powershell", 1),
    ],
)
def test_exit_codes_are_the_same_in_every_language(desk_in, locale, line, code):
    """Only texts are translated."""
    got, out, err = desk_in(locale).run(line)
    assert got == code
    assert out + err or code == 0


@pytest.mark.parametrize("locale", LANGUAGES)
def test_keywords_are_never_translated(desk_in, locale):
    """States, types and names of operations stay English."""
    desk = desk_in(locale)
    assert "STATE              : 4  RUNNING" in desk.out("sc query PolicyAgent")
    assert "    Start    REG_DWORD    0x3\r\n" in desk.out(
        r"reg query HKLM\SYSTEM\CurrentControlSet\Services\PolicyAgent /v Start"
    )
    assert "START_TYPE         : 3   DEMAND_START" in desk.out("sc qc PolicyAgent")


@pytest.mark.parametrize(
    ("locale", "ansi", "oem"),
    [("en-US", 1252, 437), ("de-DE", 1252, 850), ("ru-RU", 1251, 866), ("ja-JP", 932, 932), ("zh-CN", 936, 936)],
)
def test_code_pages_follow_the_language(locale, ansi, oem):
    """And stand in the registry."""
    machine = Machine("x", locale=locale)
    assert (machine.ansi_code_page, machine.oem_code_page) == (ansi, oem)
    assert machine.registry.get(r"HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage", "ACP").data == str(ansi)
    assert str(oem) in machine.console("cmd /c chcp")[1] or "65001" in machine.console("chcp")[1]


def test_output_is_in_the_page_of_the_console(desk_in):
    """A Russian text in page 866, 1251 and UTF-8."""
    desk = desk_in("ru-RU")
    for page, encoding in ((866, "cp866"), (1251, "cp1251"), (65001, "utf-8")):
        out = desk.run(r"reg query HKLM\No", code_page=page)[2]
        assert out.decode(encoding).startswith("ОШИБКА")
    assert "Служба".encode("cp866") in desk.run("net stop PolicyAgent", code_page=65001)[1]


def test_the_clock_moves_only_forward():
    """Advancing wakes sleepers and tells listeners."""
    clock, heard = Clock(60, wait_scale=10.0), []
    clock.on_advance.append(lambda: heard.append(1))
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
    woken = threading.Event()
    sleeper = threading.Thread(target=lambda: clock.sleep(100) and woken.set())
    sleeper.start()
    clock.advance(101)
    sleeper.join(5)
    assert woken.is_set()
    assert heard == [1]
    assert abs(clock.timestamp() - time.time() - 101) < 1
    assert abs((clock.local() - clock.now().replace(tzinfo=None)).total_seconds() - 3600) < 1


def test_sleepers_do_not_add_up():
    """Three programs that wait ten seconds together wait ten seconds."""
    clock = Clock()
    before = clock.timestamp()
    sleepers = [threading.Thread(target=clock.sleep, args=(10,)) for _ in range(3)]
    for sleeper in sleepers:
        sleeper.start()
    for sleeper in sleepers:
        sleeper.join()
    assert 10 <= clock.timestamp() - before < 12


def test_a_cancelled_sleep_ends_at_once():
    """And says so."""
    clock, cancelled = Clock(wait_scale=1.0), threading.Event()
    cancelled.set()
    assert clock.sleep(1000, cancelled) is False


def test_guesses_have_two_settings_a_source_and_a_sentence(machine):
    """The table is complete and its names are unique."""
    names = [guess.name for guess in machine.guesses.all()]
    assert len(names) == len(set(names))
    assert {guess.name for guess in GUESSES} <= set(names)
    for guess in machine.guesses.all():
        assert len(set(guess.settings)) >= 2, guess.name
        assert guess.spec, guess.name
        assert guess.text.endswith("."), guess.name


def test_unknown_guesses_and_settings_are_refused(machine):
    """With what would have been possible."""
    with pytest.raises(ValueError, match="no such guess"):
        machine.guesses.set("no.such", "x")
    with pytest.raises(ValueError, match="possible: sorted, created"):
        machine.guesses.set("registry.key_order", "random")
    with pytest.raises(KeyError):
        machine.guesses["no.such"]
    assert machine.guesses.to_json() == {}


def test_a_reboot_starts_what_starts_by_itself(machine):
    """Stopped automatic services run again, disabled ones do not; listeners hear of it."""
    heard = []
    machine.boot_listeners.append(lambda: heard.append(machine.services.running("PolicyAgent")))
    machine.services.stop("Spooler")
    machine.services.stop("PolicyAgent")
    machine.reboot_requested.set()
    machine.reboot()
    assert machine.services.running("Spooler")
    assert heard == [True]
    assert not machine.reboot_requested.is_set()
    machine.services.set_start_type("PolicyAgent", 4)
    machine.reboot()
    assert heard == [True, False]


def test_whether_the_agent_runs_after_a_reboot_is_a_guess(machine):
    """On demand with a trigger: running or not; automatic: running."""
    machine.guesses.set("services.policy_agent_at_boot", "stopped")
    machine.reboot()
    assert not machine.services.running("PolicyAgent")
    machine.services.set_start_type("PolicyAgent", 2)
    machine.reboot()
    assert machine.services.running("PolicyAgent")


def test_a_machine_survives_json(machine):
    """Registry, files, services, clock, guesses and identity."""
    machine.registry.set(r"HKLM\SOFTWARE\T", "v", RegistryValue("REG_BINARY", b"\1\2"))
    machine.files.write(r"C:\f", b"x")
    machine.services.stop("PolicyAgent")
    machine.guesses.set("registry.key_order", "created")
    machine.clock.advance(3600)
    again = Machine.from_json(json.loads(json.dumps(machine.to_json())))
    assert again.to_json() == machine.to_json()
    assert not again.services.running("PolicyAgent")
    assert again.services.running("WinRM")
    assert again.registry.sort_keys is False
    assert again.addresses == machine.addresses
    assert again.clock.timestamp() - time.time() > 3500
    assert again.console("hostname") == (0, "WEB1\r\n", "")
    assert again.accounts.identify("Administrator") == machine.accounts.identify("Administrator")


def test_many_commands_run_at_once(machine):
    """Threads share one machine without tearing it."""
    errors = []

    def work(number):
        for turn in range(10):
            code, _, err = machine.console(
                rf"reg add HKLM\SOFTWARE\T /v v{number} /d {turn} /f & echo {turn}>C:\f{number}"
            )
            if code:
                errors.append(err)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(machine.registry.values(r"HKLM\SOFTWARE\T")) == 8
