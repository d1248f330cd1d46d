"""Remote shells: streams, time limits, signals, exit codes (spec: winrm 1.3 to 1.8)."""

from __future__ import annotations

import threading
import time

import pytest
from winrm.exceptions import WinRMOperationTimeoutError, WSManFaultError

WAIT = 'findstr "^"'  # reads standard input to its end: in console mode it never ends


class TestStreams:
    """Output and input."""

    def test_error_stream_and_exit_code(self, pywinrm, run):
        """An unknown program is exit code 1 and two lines on standard error."""
        out, err, code = run(pywinrm(), "nosuchprogram")
        assert (out, code) == (b"", 1)
        assert err.startswith(b"'nosuchprogram' is not recognized")

    def test_exit_code_beyond_two_to_the_31(self, pywinrm, run):
        """A negative exit code arrives unsigned."""
        assert run(pywinrm(), "exit -2147024894")[2] == 2147942402

    def test_one_megabyte(self, host, pywinrm, run):
        """A megabyte arrives unharmed, in answers that fit the client's envelope."""
        content = bytes(range(33, 127)) * 11155
        host.machine.files.write(r"C:\big.txt", content)
        assert run(pywinrm(), r"type C:\big.txt") == (content, b"", 0)
        receives = [entry for entry in host.transcript() if entry.action == "Receive"]
        assert len(receives) >= len(content) / (100 * 1024)

    def test_answers_fit_the_envelope(self, host, pywinrm):
        """No answer is larger than the 153600 bytes that pywinrm asks for."""
        host.machine.files.write(r"C:\big.txt", b"x" * 500_000)
        protocol = pywinrm("basic", tls=True)
        sizes = []
        protocol.transport.build_session().hooks["response"].append(
            lambda response, **_: sizes.append(len(response.content))
        )
        shell = protocol.open_shell()
        command = protocol.run_command(shell, r"type C:\big.txt")
        assert len(protocol.get_command_output(shell, command)[0]) == 500_000
        assert 100_000 < max(sizes) <= 153_600

    def test_characters_cut_between_answers(self, host, pywinrm, run):
        """Bytes are cut anywhere, also inside a UTF-8 sequence; put together they are whole."""
        text = "äöü€" * 40_000
        host.machine.files.write(r"C:\text.txt", text.encode())
        assert run(pywinrm(), r"type C:\text.txt", codepage=65001)[0].decode() == text

    def test_pipe_mode_ends(self, pywinrm, run):
        """In pipe mode `End` is an end of file, and bytes pass unconverted."""
        assert run(pywinrm(), WAIT, stdin=b"one\r\n\x81\xff\r\n") == (b"one\r\n\x81\xff\r\n", b"", 0)

    def test_console_mode_does_not_end(self, pywinrm):
        """In console mode the program goes on waiting after `End`."""
        protocol = pywinrm(timeout=1)
        shell = protocol.open_shell()
        command = protocol.run_command(shell, WAIT, console_mode_stdin=True)
        protocol.send_command_input(shell, command, b"one\r\n", end=True)
        with pytest.raises(WinRMOperationTimeoutError):
            _until_done(protocol, shell, command)

    def test_working_directory_and_environment(self, pywinrm, run):
        """Create's directory and variables reach the command."""
        result = run(
            pywinrm(), "cd & echo %COLOUR%", working_directory="C:\\Windows", env_vars={"COLOUR": "blue & green"}
        )
        assert result[0].startswith(b"C:\\Windows\r\nblue")


class TestWaiting:
    """The long poll."""

    def test_operation_timeout_loop(self, pywinrm):
        """A silent command answers with timeouts until it ends; the client's loop survives them."""
        protocol = pywinrm(timeout=1)
        shell = protocol.open_shell()
        command = protocol.run_command(shell, WAIT, console_mode_stdin=False)
        timer = threading.Timer(0.8, lambda: protocol_2.send_command_input(shell, command, b"late\r\n", end=True))
        protocol_2 = pywinrm(timeout=1)
        timer.start()
        assert protocol.get_command_output(shell, command) == (b"late\r\n", b"", 0)

    def test_short_timeout_is_raised(self, host, pypsrp):
        """An OperationTimeout below half a second counts as half a second."""
        from pypsrp.exceptions import WSManFaultError as PsrpFault
        from pypsrp.shell import Process, WinRS

        with WinRS(pypsrp()) as shell:
            process = Process(shell, WAIT)
            process.begin_invoke()
            started = time.monotonic()
            with pytest.raises(PsrpFault) as caught:
                shell.receive("stdout stderr", process.id, timeout=0.01)
            assert caught.value.code == 2150858793
            assert "OperationTimeout" in caught.value.reason
            assert 0.4 < time.monotonic() - started < 1.5
        assert host.shells == 0

    def test_output_comes_at_once(self, pywinrm):
        """Output of a running command does not wait for its end."""
        protocol = pywinrm()
        shell = protocol.open_shell()
        command = protocol.run_command(shell, f"echo first & {WAIT}", console_mode_stdin=False)
        out, _, _, done = protocol.get_command_output_raw(shell, command)
        assert (out.strip(), done) == (b"first", False)

    def test_repeated_receive(self, host, pywinrm):
        """A Receive sent again gets the same output again, or not, as the guess says (spec: winrm 1.6)."""
        protocol = pywinrm()
        shell = protocol.open_shell()
        for setting, again in (("redelivered", b"once"), ("lost", b"")):
            host.machine.guesses.set("wire.repeated_receive", setting)
            command = protocol.run_command(shell, "echo once")
            message = _receive(protocol, shell, command)
            first, second = (_output(protocol.send_message(message)) for _ in range(2))
            assert (first.strip(), second.strip()) == (b"once", again)

    def test_receive_after_the_end(self, host, pywinrm):
        """After Done a further Receive says Done again, or that there is no such command, as the guess says."""
        protocol = pywinrm()
        shell = protocol.open_shell()
        command = protocol.run_command(shell, "exit 7")
        assert protocol.get_command_output(shell, command)[2] == 7
        assert protocol.get_command_output(shell, command) == (b"", b"", 7)
        host.machine.guesses.set("wire.finished_receive", "fault")
        with pytest.raises(WSManFaultError) as caught:
            protocol.get_command_output(shell, command)
        assert caught.value.wsman_fault_code == 2150858843


class TestSignals:
    """The end of a command."""

    def test_terminate(self, pywinrm):
        """`terminate` frees the command: its id is unknown afterwards."""
        protocol = pywinrm()
        shell = protocol.open_shell()
        command = protocol.run_command(shell, WAIT, console_mode_stdin=False)
        protocol.cleanup_command(shell, command)
        with pytest.raises(WSManFaultError) as caught:
            protocol.get_command_output_raw(shell, command)
        assert caught.value.wsman_fault_code == 2150858843
        assert "command identifier that does not exist" in caught.value.reason

    def test_control_c(self, pypsrp):
        """`ctrl_c` ends the process with 0xC000013A and keeps the command."""
        from pypsrp.shell import Process, SignalCode, WinRS

        with WinRS(pypsrp()) as shell:
            process = Process(shell, WAIT)
            process.begin_invoke()
            process.signal(SignalCode.CTRL_C)
            process.end_invoke()
            assert process.rc == 3221225786

    def test_delete_kills(self, pywinrm):
        """Deleting a shell aborts who waits for output there with 995."""
        protocol, other = pywinrm(timeout=5), pywinrm()
        shell = protocol.open_shell()
        command = protocol.run_command(shell, WAIT, console_mode_stdin=False)
        timer = threading.Timer(0.1, lambda: other.close_shell(shell))
        timer.start()
        with pytest.raises(WSManFaultError) as caught:
            protocol.get_command_output_raw(shell, command)
        assert caught.value.wsman_fault_code == 995
        with pytest.raises(WSManFaultError) as caught:
            protocol.run_command(shell, "echo gone")
        assert caught.value.wsman_fault_code == 2150858843
        assert shell in caught.value.reason


class TestReboot:
    """`shutdown /r` and `Host.reboot`."""

    def test_host_reboots(self, host, pywinrm):
        """A reboot takes shells along; the host answers afterwards."""
        protocol = pywinrm()
        shell = protocol.open_shell()
        boots = host.machine.boots
        host.reboot()
        assert (host.machine.boots, host.shells) == (boots + 1, 0)
        protocol.transport.close_session()
        with pytest.raises(WSManFaultError) as caught:
            protocol.run_command(shell, "echo gone")
        assert caught.value.wsman_fault_code == 2150858843

    def test_program_asks_for_it(self, host):
        """A program that asks for a restart gets it after it has ended."""
        boots = host.machine.boots
        host.run("shutdown /r /t 0")
        deadline = time.monotonic() + 5
        while host.machine.boots == boots and time.monotonic() < deadline:
            time.sleep(0.02)
        assert host.machine.boots == boots + 1


def _until_done(protocol, shell, command):
    """Receive until the command has ended, without pywinrm's patience for timeouts."""
    while not protocol.get_command_output_raw(shell, command)[3]:
        continue


def _receive(protocol, shell, command):
    """A Receive message of pywinrm, as text."""
    import xmltodict

    header = protocol.build_wsman_header(
        resource_uri="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd",
        action="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive",
        shell_id=shell,
    )
    stream = {"@CommandId": command, "#text": "stdout stderr"}
    return xmltodict.unparse({"env:Envelope": header | {"env:Body": {"rsp:Receive": {"rsp:DesiredStream": stream}}}})


def _output(reply):
    """Standard output in a Receive answer."""
    import base64
    import re

    return b"".join(base64.b64decode(text) for text in re.findall(rb'Name="stdout"[^>]*>([^<]+)<', reply))
