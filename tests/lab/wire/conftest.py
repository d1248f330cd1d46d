"""Hosts and unmodified clients for the tests of the lab's WinRM side."""

from __future__ import annotations

import dataclasses

import pytest
from pypsrp.wsman import WSMan
from winipsec_lab.testing import Lab
from winrm.protocol import Protocol


@pytest.fixture
def host(lab: Lab):
    """One English host without scars."""
    return lab.create("web1")


@pytest.fixture
def pywinrm(host):
    """Makes pywinrm protocols for the host; their connections close with the test."""
    made = []

    def make(transport="ntlm", *, tls=False, username=None, password=None, timeout=2, patience=None, **options):
        scheme, port = ("https", host.tls_port) if tls else ("http", host.port)
        if tls:
            options.setdefault("ca_trust_path", str(host.ca_file))
        protocol = Protocol(
            f"{scheme}://{host.address}:{port}/wsman",
            transport=transport,
            username=host.username if username is None else username,
            password=host.password if password is None else password,
            operation_timeout_sec=timeout,
            read_timeout_sec=timeout + 1,
            proxy=None,
            **options,
        )
        if timeout == 1:
            protocol.operation_timeout_sec = 0  # the host raises it to half a second
        if patience is not None:
            protocol.transport.read_timeout_sec = patience  # the constructor wants whole seconds
        made.append(protocol)
        return protocol

    yield make
    for protocol in made:
        protocol.transport.close_session()


@pytest.fixture
def pypsrp(host):
    """Makes pypsrp WS-Man clients for the host."""
    made = []

    def make(auth="negotiate", *, tls=False, **options):
        client = WSMan(
            host.address,
            port=host.tls_port if tls else host.port,
            username=host.username,
            password=options.pop("password", host.password),
            ssl=tls,
            auth=auth,
            cert_validation=str(host.ca_file) if tls else True,
            no_proxy=True,
            read_timeout=5,
            **options,
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def run():
    """Runs a command line in a new shell and gives (output, error output, exit code)."""

    def run_line(protocol, line, *, stdin=None, **shell_options):
        shell = protocol.open_shell(**shell_options)
        command = protocol.run_command(shell, line, console_mode_stdin=stdin is None)
        if stdin is not None:
            protocol.send_command_input(shell, command, stdin, end=True)
        result = protocol.get_command_output(shell, command)
        protocol.cleanup_command(shell, command)
        protocol.close_shell(shell, close_session=False)
        return result

    return run_line


@pytest.fixture
def quotas(host):
    """Changes quotas of the host."""

    def change(**values):
        host.configure(
            lambda service: dataclasses.replace(service, quotas=dataclasses.replace(service.quotas, **values))
        )

    return change
