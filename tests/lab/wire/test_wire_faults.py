"""Every fault of the table, as clients see it (spec: winrm 1.9), and the quotas behind some of them (4.1)."""

from __future__ import annotations

import dataclasses

import pytest
import xmltodict
from winipsec_lab.testing import QUOTAS, Account, Fault
from winrm.exceptions import WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError

CMD = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
ACTION = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/"
UNKNOWN = "11111111-1111-1111-1111-111111111111"


def send(protocol, action, body, *, shell=None, resource=CMD, change=None):
    """Send a message of our own making."""
    envelope = protocol.build_wsman_header(resource_uri=resource, action=action, shell_id=shell)
    if change is not None:
        change(envelope["env:Header"])
    return protocol.send_message(xmltodict.unparse({"env:Envelope": envelope | {"env:Body": body}}))


def fault_of(call, *arguments, **keywords):
    """The fault that a call ends in."""
    with pytest.raises(WSManFaultError) as caught:
        call(*arguments, **keywords)
    return caught.value


class TestTable:
    """One test per row."""

    def test_unknown_shell(self, pywinrm):
        """An unknown shell: 2150858843, and the text names the shell."""
        fault = fault_of(pywinrm().run_command, UNKNOWN, "echo")
        assert (fault.code, fault.wsman_fault_code, fault.fault_code, fault.fault_subcode) == (
            500,
            2150858843,
            "s:Sender",
            "w:InvalidSelectors",
        )
        assert f"ShellId {UNKNOWN}" in fault.reason
        assert "faultDetail/UnexpectedSelectors" in fault.response

    def test_unknown_command(self, pywinrm):
        """An unknown command: the same code and another text, for Receive, Send and Signal."""
        protocol = pywinrm()
        shell = protocol.open_shell()
        for call in (
            lambda: protocol.get_command_output_raw(shell, UNKNOWN),
            lambda: protocol.send_command_input(shell, UNKNOWN, b"x"),
            lambda: protocol.cleanup_command(shell, UNKNOWN),
        ):
            fault = fault_of(call)
            assert (fault.wsman_fault_code, fault.fault_subcode) == (2150858843, "w:InvalidSelectors")
            assert "command identifier" in fault.reason

    def test_not_an_administrator(self, host, pywinrm):
        """A user without rights is known but denied: code 5 with HTTP 500."""
        host.add_account(Account("guest", "secret", administrator=False))
        fault = fault_of(pywinrm(username="guest", password="secret").open_shell)
        assert (fault.code, fault.wsman_fault_code, fault.fault_subcode) == (500, 5, "w:AccessDenied")

    def test_filtered_token(self, host, pywinrm):
        """Another local administrator than the built-in one is denied until LocalAccountTokenFilterPolicy says so."""
        host.add_account(Account("operator", "secret"))
        protocol = pywinrm(username="operator", password="secret")
        assert fault_of(protocol.open_shell).wsman_fault_code == 5
        host.run(
            r"reg add HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
            " /v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f"
        )
        protocol.transport.close_session()
        assert protocol.open_shell()

    @pytest.mark.parametrize("text", ["3600000", "PT", "tomorrow", "-PT1S"])
    def test_bad_idle_timeout(self, pywinrm, text):
        """An IdleTimeOut that is no duration: 2150858817."""
        fault = fault_of(pywinrm().open_shell, idle_timeout=text)
        assert (fault.wsman_fault_code, fault.fault_subcode) == (2150858817, "w:SchemaValidationError")

    def test_bad_header(self, pywinrm):
        """A negative OperationTimeout: 2150858767."""
        protocol = pywinrm()
        shell = protocol.open_shell()

        def change(header):
            header["w:OperationTimeout"] = "PT-1S"

        fault = fault_of(send, protocol, ACTION + "Receive", {}, shell=shell, change=change)
        assert (fault.wsman_fault_code, fault.fault_subcode) == (2150858767, "a:InvalidMessageInformationHeader")

    def test_receive_without_command(self, pywinrm):
        """A Receive that names no command: 87 from the shell plug-in."""
        protocol = pywinrm()
        shell = protocol.open_shell()
        body = {"rsp:Receive": {"rsp:DesiredStream": "stdout"}}
        fault = fault_of(send, protocol, ACTION + "Receive", body, shell=shell)
        assert (fault.wsman_fault_code, fault.fault_subcode) == (87, "w:InvalidParameter")
        assert 'provider="Shell cmd plugin"' in fault.response

    def test_must_understand(self, pywinrm):
        """An unknown header that must be understood: no detail, and the header is named."""

        def change(header):
            header["cfg:Strange"] = {"@mustUnderstand": "true", "#text": "x"}

        fault = fault_of(send, pywinrm(), ACTION + "Receive", {}, shell=UNKNOWN, change=change)
        assert (fault.wsman_fault_code, fault.fault_code) == (None, "s:MustUnderstand")
        assert 'qname="n:Strange"' in fault.response

    def test_unknown_action_and_resource(self, pywinrm):
        """Unknown actions and resources are refused."""
        protocol = pywinrm()
        assert fault_of(send, protocol, ACTION + "Connect", {}).fault_subcode == "a:ActionNotSupported"
        create = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create"
        fault = fault_of(
            send, protocol, create, {}, resource="http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
        )
        assert (fault.wsman_fault_code, fault.fault_subcode) == (2150858752, "a:DestinationUnreachable")

    def test_envelope_too_large(self, pywinrm, quotas):
        """A request above MaxEnvelopeSizekb: EncodingLimit."""
        quotas(envelope_kb=4)
        protocol = pywinrm()
        shell = protocol.open_shell()
        command = protocol.run_command(shell, 'findstr "^"', console_mode_stdin=False)
        fault = fault_of(protocol.send_command_input, shell, command, b"x" * 4000)
        assert fault.fault_subcode == "w:EncodingLimit"
        assert "faultDetail/MaxEnvelopeSize" in fault.response

    def test_program_missing_without_cmd(self, lab, pywinrm):
        """On an old host WINRS_SKIP_CMD_SHELL starts programs by path, and a missing one is 2147942402 at once."""
        del pywinrm
        from winrm.protocol import Protocol

        old = lab.create("old1", generation="2003")
        protocol = Protocol(
            f"http://{old.address}:{old.port}/wsman",
            transport="ntlm",
            username=old.username,
            password=old.password,
            proxy=None,
        )
        shell = protocol.open_shell()
        fault = fault_of(protocol.run_command, shell, r"C:\none.exe", skip_cmd_shell=True)
        assert (fault.wsman_fault_code, fault.fault_code, fault.fault_subcode) == (
            2147942402,
            "s:Receiver",
            "w:InternalError",
        )
        protocol.close_shell(shell)

    @pytest.mark.parametrize(
        ("kind", "code"),
        [("busy", 170), ("access_denied", 5)],
    )
    def test_on_demand(self, host, pywinrm, kind, code):
        """Faults that need a broken host are made to order."""
        host.faults.add(Fault(kind))
        assert fault_of(pywinrm().open_shell).wsman_fault_code == code

    def test_send_under_load(self, host, pywinrm):
        """Under load a Send may time out although its data arrived (spec: winrm 1.5)."""
        host.machine.guesses.set("wire.send_under_load", "timeout")
        protocol = pywinrm()
        shell = protocol.open_shell()
        command = protocol.run_command(shell, 'findstr "^"', console_mode_stdin=False)
        protocol.send_command_input(shell, command, b"one\r\n")
        with pytest.raises(WinRMOperationTimeoutError):
            protocol.send_command_input(shell, command, b"two\r\n", end=True)
        assert protocol.get_command_output(shell, command)[0] == b"one\r\ntwo\r\n"

    def test_foreign_language(self, lab, host, pywinrm):
        """On a host without English texts the codes stay, and a timeout still says OperationTimeout."""
        del host
        german = lab.create("ber1", locale="de-DE", guesses={"wire.fault_language": "host"})
        protocol = pywinrm("basic", tls=True)
        protocol.transport.endpoint = f"https://{german.address}:{german.tls_port}/wsman"
        protocol.transport.password = german.password
        replies = []
        protocol.transport.build_session().hooks["response"].append(lambda response, **_: replies.append(response.text))
        fault = fault_of(protocol.run_command, UNKNOWN, "echo")
        assert fault.wsman_fault_code == 2150858843
        assert "nicht gefunden" in fault.reason
        german.faults.add(Fault("operation_timeout"))
        with pytest.raises(WinRMOperationTimeoutError):
            protocol.open_shell()
        assert 'xml:lang="de-DE"' in replies[-1]
        assert "OperationTimeout" in replies[-1]


class TestQuotas:
    """What a client must not use up."""

    def test_shells_per_user(self, host, pywinrm):
        """The 31st shell: 2150859173 in MSFT_WmiError, and deleting one makes room."""
        protocol = pywinrm()
        shells = [protocol.open_shell() for _ in range(30)]
        fault = fault_of(protocol.open_shell)
        assert (fault.wsman_fault_code, fault.wmierror_code, fault.fault_subcode) == (None, 2150859173, "w:QuotaLimit")
        assert "maximum number of 30 concurrent shells" in fault.reason
        assert "RelatesTo" not in fault.response
        protocol.close_shell(shells[0], close_session=False)
        assert protocol.open_shell()
        assert host.shells == 30

    def test_operations_are_freed_by_delete_only(self, pywinrm, quotas):
        """Finished and terminated commands go on counting until their shell is deleted."""
        quotas(operations_per_user=3)
        protocol = pywinrm()
        shell = protocol.open_shell()
        for _ in range(3):
            command = protocol.run_command(shell, "echo x")
            protocol.get_command_output(shell, command)
            protocol.cleanup_command(shell, command)
        fault = fault_of(protocol.run_command, shell, "echo x")
        assert (fault.wmierror_code, fault.fault_subcode) == (2150859174, "w:QuotaLimit")
        other = protocol.open_shell()
        assert fault_of(protocol.run_command, other, "echo x").wmierror_code == 2150859174
        protocol.close_shell(shell, close_session=False)
        assert protocol.run_command(other, "echo x")

    def test_processes_per_shell(self, pywinrm, quotas):
        """Running processes are limited per shell; finished ones do not count."""
        quotas(processes_per_shell=1)
        protocol = pywinrm()
        shell = protocol.open_shell()
        command = protocol.run_command(shell, 'findstr "^"', console_mode_stdin=False)
        assert fault_of(protocol.run_command, shell, "echo x").fault_subcode == "w:QuotaLimit"
        protocol.cleanup_command(shell, command)
        assert protocol.run_command(shell, "echo x")

    def test_concurrent_users(self, host, pywinrm, quotas):
        """One user too many is refused while the others have shells."""
        quotas(concurrent_users=1)
        host.add_account(Account("deploy", "secret", domain="CORP"))
        assert pywinrm().open_shell()
        other = pywinrm(username="CORP\\deploy", password="secret")
        assert fault_of(other.open_shell).wmierror_code == 2150859179

    def test_idle_shell(self, host, pywinrm):
        """A shell nobody uses is reaped after its IdleTimeOut, by the host's clock."""
        protocol = pywinrm()
        shell = protocol.open_shell(idle_timeout="PT60S")
        host.machine.clock.advance(59)
        assert protocol.run_command(shell, "echo x")
        host.machine.clock.advance(61)
        assert host.shells == 0
        assert fault_of(protocol.run_command, shell, "echo x").wsman_fault_code == 2150858843

    def test_shell_run_time(self, host, pywinrm, quotas):
        """MaxShellRunTime ends a shell however busy it is."""
        quotas(shell_run_time_ms=28_800_000)
        protocol = pywinrm()
        shell = protocol.open_shell()
        for _ in range(4):
            host.machine.clock.advance(7100)
            protocol.run_command(shell, "echo x")
        host.machine.clock.advance(1000)
        assert fault_of(protocol.run_command, shell, "echo x").wsman_fault_code == 2150858843

    def test_old_generation(self, lab):
        """A host of the old generation has the old quotas."""
        old = lab.create("old1", generation="2003").service.quotas
        assert old == QUOTAS["2003"]
        assert (old.shells_per_user, old.operations_per_user, old.envelope_kb) == (5, 15, 150)

    def test_somebody_elses_shell(self, host, pywinrm):
        """A user cannot reach the shell of another."""
        host.add_account(Account("deploy", "secret", domain="CORP"))
        shell = pywinrm().open_shell()
        other = pywinrm(username="CORP\\deploy", password="secret")
        assert fault_of(other.run_command, shell, "echo x").wsman_fault_code == 2150858843


def test_transport_errors_are_no_faults(host, pywinrm):
    """A bare HTTP 500 is no SOAP fault for the client."""
    host.faults.add(Fault("status_500"))
    with pytest.raises(WinRMTransportError):
        pywinrm().open_shell()


def test_service_is_a_value(host):
    """Configurations compare and copy as values."""
    assert dataclasses.replace(host.service) == host.service
