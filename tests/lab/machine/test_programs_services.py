"""`sc`, `net`, `tasklist`, `taskkill` and the service manager behind them (winrm 4.7, ipsec-policy 8.6)."""

from __future__ import annotations

import pytest
from winipsec_lab.machine.services import RUNNING, STOPPED, ServiceError

RUNNING_BLOCK = (
    "\r\nSERVICE_NAME: PolicyAgent \r\n"
    "        TYPE               : 30  WIN32  \r\n"
    "        STATE              : 4  RUNNING \r\n"
    "                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)\r\n"
    "        WIN32_EXIT_CODE    : 0  (0x0)\r\n"
    "        SERVICE_EXIT_CODE  : 0  (0x0)\r\n"
    "        CHECKPOINT         : 0x0\r\n"
    "        WAIT_HINT          : 0x0\r\n"
)


def test_sc_query(desk):
    """The recorded block, byte for byte."""
    assert desk.run("sc query policyagent") == (0, RUNNING_BLOCK.encode(), b"")


def test_sc_stop_and_start_return_at_once_with_a_pending_state(desk):
    """The next query shows the final state."""
    assert "3  STOP_PENDING" in desk.out("sc stop PolicyAgent")
    stopped = desk.out("sc query PolicyAgent")
    assert "1  STOPPED" in stopped
    assert "STOPPABLE" not in stopped
    started = desk.out("sc start PolicyAgent")
    assert "2  START_PENDING" in started
    assert "        PID                : " in started
    assert "        FLAGS              : " in started
    assert desk.out("sc query PolicyAgent") == RUNNING_BLOCK


@pytest.mark.parametrize(
    ("line", "code", "call", "text"),
    [
        (
            "sc query nosuch",
            1060,
            "EnumQueryServicesStatus:OpenService",
            "The specified service does not exist as an installed service.",
        ),
        ("sc stop nosuch", 1060, "OpenService", "The specified service does not exist as an installed service."),
        ("sc qc nosuch", 1060, "OpenService", "The specified service does not exist as an installed service."),
        (
            "sc config nosuch start= auto",
            1060,
            "OpenService",
            "The specified service does not exist as an installed service.",
        ),
        ("sc start PolicyAgent", 1056, "StartService", "An instance of the service is already running."),
        ("sc stop RemoteRegistry", 1062, "ControlService", "The service has not been started."),
        (
            "sc start RemoteRegistry",
            1058,
            "StartService",
            "The service cannot be started, either because it is disabled or because it has no enabled devices associated with it.",
        ),
        (
            "sc stop BFE",
            1051,
            "ControlService",
            "A stop control has been sent to a service that other running services are dependent on.",
        ),
        ("sc stop RpcSs", 1052, "ControlService", "The requested control is not valid for this service."),
        ("sc control PolicyAgent 5", 1052, "ControlService", "The requested control is not valid for this service."),
        (r"sc \\other query PolicyAgent", 53, "OpenSCManager", "The network path was not found."),
        (
            'sc query "IPsec Policy Agent"',
            1060,
            "EnumQueryServicesStatus:OpenService",
            "The specified service does not exist as an installed service.",
        ),
    ],
)
def test_sc_failures(desk, line, code, call, text):
    """The exit code is the error number, the text is on standard output."""
    assert desk.run(line) == (code, f"[SC] {call} FAILED {code}:\r\n\r\n{text}\r\n\r\n".encode(), b"")


@pytest.mark.parametrize(
    "line",
    [
        "sc",
        "sc frobnicate x",
        "sc qc",
        "sc start",
        "sc stop",
        "sc query state= wrong",
        "sc query type=",
        "sc control PolicyAgent",
        "sc config PolicyAgent start=auto",
        "sc config PolicyAgent start= sometimes",
        "sc config PolicyAgent",
    ],
)
def test_sc_wrong_usage(desk, line):
    """1639, with something to read; `start=auto` lacks its blank."""
    code, out, _ = desk.run(line)
    assert code == 1639
    assert out
    assert desk.machine.services.start_type("PolicyAgent") == 3


@pytest.mark.parametrize(("word", "number"), [("auto", 2), ("demand", 3), ("disabled", 4), ("AUTO", 2)])
def test_sc_config_changes_the_start_type_in_the_registry(desk, word, number):
    """The registry is where the start type lives."""
    assert desk.run(f"sc config PolicyAgent start= {word}") == (0, b"[SC] ChangeServiceConfig SUCCESS\r\n", b"")
    assert f"0x{number}\r\n" in desk.out(r"reg query HKLM\SYSTEM\CurrentControlSet\Services\PolicyAgent /v Start")
    assert f"START_TYPE         : {number}" in desk.out("sc qc PolicyAgent")


def test_sc_lists_services_by_state(desk):
    """Running ones by default, with their display names."""
    desk.run("sc stop PolicyAgent")
    assert "PolicyAgent" not in desk.out("sc query")
    assert "SERVICE_NAME: PolicyAgent \r\nDISPLAY_NAME: IPsec Policy Agent\r\n" in desk.out("sc query state= inactive")
    everything = desk.out("sc query type= service state= all")
    assert everything.count("SERVICE_NAME: ") == len(desk.machine.services.names())
    assert "        PID                : " in desk.out("sc queryex")


@pytest.mark.parametrize(
    ("name", "setting", "text"),
    [("sc.shared_process_type", "20", "20  WIN32_SHARE_PROCESS  "), ("sc.stopped_flags", "printed", "(NOT_STOPPABLE")],
)
def test_details_that_builds_disagree_on_are_guesses(desk, name, setting, text):
    """Type number and the flags of stopped services."""
    desk.machine.guesses.set(name, setting)
    desk.run("sc stop PolicyAgent")
    assert text in desk.out("sc query PolicyAgent")


def test_sc_control_reaches_the_service(desk):
    """Control 129 makes a policy agent read its store again (ipsec-policy 4.4)."""
    heard = []
    desk.machine.services.on_control.append(lambda name, code: heard.append((name, code)))
    assert desk.code("sc control policyagent 129") == 0
    assert heard == [("PolicyAgent", 129)]


@pytest.mark.parametrize(
    ("line", "code", "out", "err"),
    [
        (
            "net stop PolicyAgent",
            0,
            "The IPsec Policy Agent service is stopping.\r\nThe IPsec Policy Agent service was stopped successfully.\r\n\r\n",
            "",
        ),
        (
            'net stop "IPsec Policy Agent"',
            0,
            "The IPsec Policy Agent service is stopping.\r\nThe IPsec Policy Agent service was stopped successfully.\r\n\r\n",
            "",
        ),
        (
            "net start PolicyAgent",
            2,
            "",
            "The requested service has already been started.\r\n\r\nMore help is available by typing NET HELPMSG 2182.\r\n\r\n",
        ),
        (
            "net stop RemoteRegistry",
            2,
            "",
            "The Remote Registry service is not started.\r\n\r\nMore help is available by typing NET HELPMSG 3521.\r\n\r\n",
        ),
        (
            "net start nosuch",
            2,
            "",
            "The service name is invalid.\r\n\r\nMore help is available by typing NET HELPMSG 2185.\r\n\r\n",
        ),
        (
            "net stop nosuch",
            2,
            "",
            "The service name is invalid.\r\n\r\nMore help is available by typing NET HELPMSG 2185.\r\n\r\n",
        ),
        (
            "net start RemoteRegistry",
            2,
            "",
            "System error 1058 has occurred.\r\n\r\nThe service cannot be started, either because it is disabled or because it has no enabled devices associated with it.\r\n\r\n",
        ),
        ("net helpmsg 5", 0, "\r\nAccess is denied.\r\n\r\n", ""),
        (
            "net helpmsg 99999",
            2,
            "",
            "This is not a valid message number.\r\n\r\nMore help is available by typing NET HELPMSG 3871.\r\n\r\n",
        ),
        ("net session", 0, "There are no entries in the list.\r\n\r\n", ""),
    ],
)
def test_net(desk, line, code, out, err):
    """It waits, and it answers in sentences."""
    assert desk.run(line) == (code, out.encode(), err.encode())


@pytest.mark.parametrize(
    "line", ["net", "net use x:", "net stop", "net stop PolicyAgent /x", "net user x y", "net helpmsg", "net helpmsg x"]
)
def test_net_wrong_usage(desk, line):
    """Exit code 1 and the syntax; nothing stops."""
    assert desk.run(line)[:2] == (1, b"")
    assert desk.machine.services.running("PolicyAgent")


def test_net_stop_asks_about_dependents(desk):
    """No answer stops nothing; `/y` and Y stop all."""
    code, out, err = desk.run("net stop BFE")
    assert code == 2
    assert b"   IPsec Policy Agent\r\n" in out
    assert err == b"\r\nNo valid response was provided.\r\n"
    assert desk.machine.services.running("PolicyAgent")
    assert desk.code("net stop BFE", b"n\r\n") == 2
    assert desk.code("net stop BFE /y") == 0
    assert not desk.machine.services.running("PolicyAgent")
    assert not desk.machine.services.running("BFE")


def test_starting_a_service_starts_what_it_needs(desk):
    """The filtering engine comes up with the agent."""
    desk.run("net stop BFE /y")
    assert desk.code("sc start PolicyAgent") == 0
    assert desk.machine.services.running("BFE")


@pytest.mark.parametrize(("setting", "data"), [("oem", b"\x84"), ("console", "\u00e4".encode())])
def test_the_page_of_net_is_a_guess(desk_in, setting, data):
    """It ignores the console's UTF-8, or it does not."""
    desk = desk_in("de-DE")
    desk.machine.guesses.set("net.code_page", setting)
    assert data in desk.run("net helpmsg 2185x")[2] + desk.run("net stop BFE /n", b"\r\n")[1]


def test_a_change_may_take_its_time(desk):
    """Pending states last on the machine's clock; `net` waits for them."""
    desk.machine.guesses.set("services.pending_time", "one_second")
    desk.run("sc stop PolicyAgent")
    assert "3  STOP_PENDING" in desk.out("sc query PolicyAgent")
    assert desk.code("sc start PolicyAgent") == 1061
    desk.machine.clock.advance(2)
    assert "1  STOPPED" in desk.out("sc query PolicyAgent")
    before = desk.machine.clock.timestamp()
    assert desk.code("net start PolicyAgent") == 0
    assert desk.machine.services.state("PolicyAgent") == RUNNING
    assert desk.machine.clock.timestamp() >= before + 1


def test_state_changes_are_announced(machine):
    """Each in its order, with the key name."""
    heard = []
    machine.services.on_change.append(lambda name, state: heard.append((name, state)))
    machine.services.stop("policyagent")
    machine.services.start("POLICYAGENT")
    assert heard == [("PolicyAgent", STOPPED), ("PolicyAgent", RUNNING)]


def test_a_service_of_the_registry_is_a_service(desk):
    """Whoever writes the key has installed it."""
    key = r"HKLM\SYSTEM\CurrentControlSet\Services\Mine"
    desk.run(rf"reg add {key} /v Type /t REG_DWORD /d 0x10")
    desk.run(rf"reg add {key} /v Start /t REG_DWORD /d 3")
    assert desk.code("sc start Mine") == 0
    desk.run(rf"reg delete {key} /f")
    assert desk.code("sc query Mine") == 1060
    with pytest.raises(ServiceError):
        desk.machine.services.stop("Mine")


def test_killing_the_process_stops_the_service(desk):
    """`tasklist` finds it, `taskkill` ends it."""
    number = desk.machine.services.process("PolicyAgent")
    assert f'"svchost.exe","{number}"' in desk.out(f'tasklist /fi "PID eq {number}" /fo csv /nh')
    assert desk.out(f"taskkill /f /pid {number}") == f"SUCCESS: The process with PID {number} has been terminated.\r\n"
    assert not desk.machine.services.running("PolicyAgent")
    assert desk.run(f"taskkill /f /pid {number}") == (
        128,
        b"",
        f'ERROR: The process "{number}" not found.\r\n'.encode(),
    )
    assert desk.run("taskkill /f /im lsass.exe") == (1, b"", b"Access is denied.\r\n")


@pytest.mark.parametrize("line", ["tasklist /x", "tasklist /fi", 'tasklist /fi "PID ne 4"', "taskkill", "taskkill /x"])
def test_task_tools_refuse_what_they_do_not_know(desk, line):
    """Exit code 1 and a message."""
    code, _, err = desk.run(line)
    assert code == 1
    assert err.startswith(b"ERROR: Invalid argument/option")


def test_no_task_is_only_an_information(desk):
    """`tasklist` succeeds without a match."""
    assert desk.run('tasklist /fi "IMAGENAME eq x.exe"') == (
        0,
        b"INFO: No tasks are running which match the specified criteria.\r\n",
        b"",
    )
